"""The scripts that wipe a partition of the waiting room in bounded steps."""

MARK = """
local base = KEYS[1] .. ARGV[1]
if redis.pcall('HGET', base, 'token') ~= ARGV[2] then return 'done' end
redis.call('DEL', base)
redis.call('HSET', base, 'token', ARGV[2], 'predictions', -1, 'labels', -1)
"""
"""How every step of a wipe begins: it is the owner's, and whoever looks sees that the partition is being rebuilt."""

WIPE = f"""#!lua flags=allow-oom{MARK}
local first, step = tonumber(ARGV[3]), tonumber(ARGV[4])
for bucket = first, first + step - 1 do redis.call('UNLINK', base .. ':' .. bucket) end
local left = 0
for place = 5, #ARGV do
  local kind = ARGV[place]
  local index = base .. ':' .. string.upper(kind)
  local slots = redis.pcall('ZRANGE', index, 0, step - 1)
  if slots.err then return 'lost' end
  for _, slot in ipairs(slots) do redis.call('UNLINK', base .. ':' .. kind .. slot) end
  redis.call('ZREMRANGEBYRANK', index, 0, step - 1)
  left = left + redis.call('ZCARD', index)
end
local words = redis.call('TYPE', KEYS[1] .. 'words').ok
if words ~= 'hash' and words ~= 'none' then redis.call('UNLINK', KEYS[1] .. 'words') end
return left > 0 and 'more' or ''
"""

SEEK = f"""#!lua flags=allow-oom{MARK}
local said = redis.call('SCAN', ARGV[3], 'MATCH', base .. ':*', 'COUNT', ARGV[4])
for _, key in ipairs(said[2]) do redis.call('UNLINK', key) end
return said[1] == '0' and 'done' or said[1]
"""
"""For an index that is broken and cannot tell which slots it had: all keys of the store are looked through."""
