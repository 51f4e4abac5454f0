-- connection_count: how many tabs have each of some chats open, in all processes.
--
-- KEYS  chat_tabs of each
--
-- Returns the numbers in order.

local time = redis.call('TIME')
local now = '(' .. string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local numbers = {}
for i, key in ipairs(KEYS) do
  numbers[i] = redis.call('ZCOUNT', key, now, '+inf')
end
return numbers
