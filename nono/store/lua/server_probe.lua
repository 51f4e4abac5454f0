-- server_probe: proves that the store runs scripts and takes writes; what it writes is gone when it returns.
--
-- KEYS  any that nobody uses
--
-- Returns 1 if what was written could be read.

redis.call('SET', KEYS[1], 'written', 'PX', 1000)
local read = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return read == 'written' and 1 or 0
