-- reply_release: hands back the right to reply without a reply, if it is still the caller's.
--
-- KEYS  chat_lease
-- ARGV  lease
--
-- Returns 1 if it was handed back, else 0.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
