-- connection_count: counts the open sockets of each of several chats, in all processes.
--
-- KEYS  chat_tabs of each
--
-- Returns the counts in the order of KEYS.

local time = redis.call('TIME')
local now = '(' .. string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local numbers = {}
for i, key in ipairs(KEYS) do
  numbers[i] = redis.call('ZCOUNT', key, now, '+inf')
end
return numbers
