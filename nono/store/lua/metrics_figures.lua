-- metrics_figures (uses clock): all totals, what each process tells of itself, and how many sessions live.
--
-- KEYS  counters, counters_processes, session_index
--
-- Returns {now_ms, {field, amount, ...}, {process|name, value, ...}, sessions}.

local now = now_ms()
local alive = redis.call('ZCOUNT', KEYS[3], '(' .. integer(now), '+inf')
return { now, redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), alive }
