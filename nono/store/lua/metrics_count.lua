-- metrics_count: adds the counts of one process to the totals and the charts, each batch once.
--
-- KEYS  counters, counters_processes, session_index, session_recency,
--       then a counters_minute and a counters_quarter for each minute, the current one last
-- ARGV  process, batch (its number), totals_ms, processes_ms, minute_ms, quarter_ms, leaving ('1' if it is the last),
--       then lists of field, amount, ..., each preceded by its length: one for the totals, one for the gauges of the
--       process, one for each minute
--
-- Returns 1, or 0 if the batch was added before: a batch whose response was lost is sent again. The first write is a
-- command that Redis refuses when its memory is full, so a refusal leaves no partial change.

local counters_key, processes_key, index_key, recency_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local process, batch = ARGV[1], tonumber(ARGV[2])
local totals_ms, processes_ms, minute_ms, quarter_ms, leaving = unpack(ARGV, 3, 7)

local before = tonumber(redis.call('HGET', processes_key, process .. '|batch'))
if before and before >= batch then return 0 end

local now = now_ms()
local place = 8
local function each_pair(use)
  local stop = place + tonumber(ARGV[place])
  for i = place + 1, stop, 2 do use(ARGV[i], ARGV[i + 1]) end
  place = stop + 1
end

redis.call('HSET', processes_key, process .. '|batch', batch, process .. '|seen', leaving == '1' and 0 or integer(now))
each_pair(function(field, amount) redis.call('HINCRBY', counters_key, field, amount) end)
each_pair(function(name, value) redis.call('HSET', processes_key, process .. '|' .. name, value) end)
forget_the_dead(index_key, recency_key, counters_key, now, 1000)
redis.call('PEXPIRE', counters_key, totals_ms)
redis.call('PEXPIRE', processes_key, processes_ms)

for i = 5, #KEYS, 2 do
  each_pair(function(field, amount)
    redis.call('HINCRBY', KEYS[i], field, amount)
    redis.call('HINCRBY', KEYS[i + 1], field, amount)
  end)
end
local alive = redis.call('ZCOUNT', index_key, '(' .. integer(now), '+inf')
redis.call('HSET', KEYS[#KEYS - 1], 'sessions_alive', alive)
redis.call('HSET', KEYS[#KEYS], 'sessions_alive', alive)
for i = 5, #KEYS, 2 do
  redis.call('PEXPIRE', KEYS[i], minute_ms)
  redis.call('PEXPIRE', KEYS[i + 1], quarter_ms)
end

if not before then -- a new process removes the fields of old ones
  local told = redis.call('HGETALL', processes_key)
  local gone = {}
  for i = 1, #told, 2 do
    local whose, what = string.match(told[i], '^(.*)|(seen)$')
    if what and whose ~= process and tonumber(told[i + 1]) < now - processes_ms then gone[whose] = true end
  end
  for i = 1, #told, 2 do
    if gone[string.match(told[i], '^([^|]*)|')] then redis.call('HDEL', processes_key, told[i]) end
  end
end
return 1
