-- reply_append: writes new text of a running reply to its stream and renews the right to run it.
--
-- KEYS  session, chat_reply, chat_lease
-- ARGV  lease, lease_ms, then field, value, ... of one entry; none to renew only
--
-- Returns 1, or 0 if the lease is not the caller's any more or the session is gone: the run has to end.

if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then return 0 end
if #ARGV > 2 then
  redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
  redis.call('PEXPIRE', KEYS[2], left)
end
redis.call('PEXPIRE', KEYS[3], ARGV[2])
return 1
