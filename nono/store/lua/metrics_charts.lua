-- metrics_charts: reads the counts of each of several spans of time.
--
-- KEYS  counters_minute or counters_quarter of each
--
-- Returns {{field, amount, ...}, ...} in the order of KEYS, {} for a span without counts.

local spans = {}
for i, key in ipairs(KEYS) do
  spans[i] = redis.call('HGETALL', key)
end
return spans
