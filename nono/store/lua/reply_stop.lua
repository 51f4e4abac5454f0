-- reply_stop: requests that the process that runs a session's reply ends it.
--
-- KEYS  session, chat_lease
-- ARGV  epoch
--
-- Returns 1, or 0 if no reply runs. The request holds the reply_id of the running reply, so it never ends a later one.

local session_key, lease_key = KEYS[1], KEYS[2]
local epoch = ARGV[1]

local session = redis.call('HMGET', session_key, 'epoch', 'running')
if session[1] ~= epoch or not session[2] or redis.call('EXISTS', lease_key) == 0 then return 0 end
redis.call('HSET', session_key, 'stop', session[2])
return 1
