-- server_probe: checks that the store runs scripts and accepts writes; the key it writes is deleted before it returns.
--
-- KEYS  any unused key
--
-- Returns 1 if the written value could be read, else 0.

local probe_key = KEYS[1]

redis.call('SET', probe_key, 'written', 'PX', 1000)
local read = redis.call('GET', probe_key)
redis.call('DEL', probe_key)
return read == 'written' and 1 or 0
