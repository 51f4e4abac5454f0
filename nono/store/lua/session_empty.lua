-- session_empty: forgets the messages of a living session; the session itself stays, under a new epoch, so that
-- nothing begun before can come back. Its clock goes on as it was.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease
-- ARGV  epoch (the new one)
--
-- Returns how many messages were forgotten, or -1 if there is no such session.

if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local forgotten = redis.call('LLEN', KEYS[2])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'seq', 0, 'message_count', 0, 'asked', 0, 'answered', 0)
redis.call('HDEL', KEYS[1], 'attempts', 'running', 'stop', 'safety', 'helped')
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
return forgotten
