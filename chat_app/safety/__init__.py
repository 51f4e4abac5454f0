from chat_app.safety.assessment import LEVELS, Assessment, LanguageCode, Level, assess, higher

__all__ = ["LEVELS", "Assessment", "LanguageCode", "Level", "assess", "higher"]
