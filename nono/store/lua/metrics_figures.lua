-- metrics_figures: reads all totals, the gauges of each process, and the number of sessions.
--
-- KEYS  counters, counters_processes, session_index
--
-- Returns {now_ms, {field, amount, ...}, {process|name, value, ...}, sessions}.

local counters_key, processes_key, index_key = KEYS[1], KEYS[2], KEYS[3]

local now = now_ms()
local alive = redis.call('ZCOUNT', index_key, '(' .. integer(now), '+inf')
return { now, redis.call('HGETALL', counters_key), redis.call('HGETALL', processes_key), alive }
