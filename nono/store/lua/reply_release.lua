-- reply_release: releases the lease without a reply, if the caller still holds it.
--
-- KEYS  chat_lease
-- ARGV  lease
--
-- Returns 1 if it was released, else 0.

local lease_key = KEYS[1]
local lease = ARGV[1]

if redis.call('GET', lease_key) ~= lease then return 0 end
return redis.call('DEL', lease_key)
