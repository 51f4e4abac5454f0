-- metrics_charts: what was counted in each of many spans of time.
--
-- KEYS  counters_minute or counters_quarter of each
--
-- Returns {{field, amount, ...}, ...} in order, {} for a span in which nothing was counted.

local spans = {}
for i, key in ipairs(KEYS) do
  spans[i] = redis.call('HGETALL', key)
end
return spans
