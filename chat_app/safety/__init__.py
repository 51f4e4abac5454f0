from chat_app.safety.assessment import Assessment, LanguageCode, assess, higher
from nono.contract import LEVELS, Level

__all__ = ["LEVELS", "Assessment", "LanguageCode", "Level", "assess", "higher"]
