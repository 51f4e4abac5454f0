-- session_empty: deletes the messages of a session. The session itself stays, with its TTL and a new epoch, so that
-- operations begun before cannot write to it.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease
-- ARGV  epoch (the new one)
--
-- Returns the number of deleted messages, or -1 if there is no such session.

local session_key, history_key, sends_key, reply_key, lease_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local epoch = ARGV[1]

if redis.call('EXISTS', session_key) == 0 then return -1 end
local forgotten = redis.call('LLEN', history_key)
redis.call('HSET', session_key, 'epoch', epoch, 'seq', 0, 'message_count', 0, 'asked', 0, 'answered', 0)
redis.call('HDEL', session_key, 'attempts', 'running', 'stop', 'safety', 'helped')
redis.call('DEL', history_key, sends_key, reply_key, lease_key)
return forgotten
