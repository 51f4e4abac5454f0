-- reply_stop: asks whoever runs a session's reply, in whichever process, to end it.
--
-- KEYS  session, chat_lease
-- ARGV  epoch
--
-- Returns 1, or 0 if nothing runs. The wish names the reply that runs now, so that it never ends a later one.

local session = redis.call('HMGET', KEYS[1], 'epoch', 'running')
if session[1] ~= ARGV[1] or not session[2] or redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'stop', session[2])
return 1
