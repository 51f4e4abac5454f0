-- reply_append: appends an entry to the stream of a running reply and renews the lease.
--
-- KEYS  session, chat_reply, chat_lease
-- ARGV  lease, lease_ms, then field, value, ... of one entry; without fields it only renews
--
-- Returns 1, or 0 if the caller does not hold the lease any more or the session is gone: the run has to end.

local session_key, reply_key, lease_key = KEYS[1], KEYS[2], KEYS[3]
local lease, lease_ms = ARGV[1], ARGV[2]

if redis.call('GET', lease_key) ~= lease then return 0 end
local left = redis.call('PTTL', session_key)
if left < 0 then return 0 end
if #ARGV > 2 then
  redis.call('XADD', reply_key, '*', unpack(ARGV, 3))
  redis.call('PEXPIRE', reply_key, left)
end
redis.call('PEXPIRE', lease_key, lease_ms)
return 1
