"""The scripts that wipe a partition of the waiting room in bounded steps."""

MARK = """
local base, former = KEYS[1] .. ARGV[1], KEYS[2] .. ARGV[1]
if redis.pcall('HGET', base, 'token') ~= ARGV[2] then return 'done' end
redis.call('DEL', base)
redis.call('HSET', base, 'token', ARGV[2], 'predictions', -1, 'labels', -1)
"""
"""How every step of a wipe begins: it is the owner's, and whoever looks sees that the partition is being rebuilt."""

FORMER_BUCKETS = 4_096
"""In so many hashes a partition lay, under names that begin with KEYS[2], before decision 0021; they go with it."""

WIPE = f"""#!lua flags=allow-oom{MARK}
local first, step, left = tonumber(ARGV[3]), tonumber(ARGV[4]), 0
local function forget(base)
  for place = 5, #ARGV do
    local kind = ARGV[place]
    local index = base .. ':' .. string.upper(kind)
    local slots = redis.pcall('ZRANGE', index, 0, step - 1)
    if slots.err then return false end
    for _, slot in ipairs(slots) do redis.call('UNLINK', base .. ':' .. kind .. slot) end
    redis.call('ZREMRANGEBYRANK', index, 0, step - 1)
    left = left + redis.call('ZCARD', index)
  end
  return true
end
redis.call('UNLINK', base .. ':e')
if not forget(base) then return 'lost' end
local words = redis.call('TYPE', KEYS[1] .. 'words').ok
if words ~= 'hash' and words ~= 'none' then redis.call('UNLINK', KEYS[1] .. 'words') end
if redis.call('EXISTS', former) == 1 then
  for bucket = first, math.min(first + step, {FORMER_BUCKETS}) - 1 do redis.call('UNLINK', former .. ':' .. bucket) end
  if not forget(former) then return 'lost' end
  if first + step < {FORMER_BUCKETS} then left = left + 1 end
  if left == 0 then redis.call('UNLINK', former) end
end
return left > 0 and 'more' or 'done'
"""

SEEK = f"""#!lua flags=allow-oom{MARK}
local said = redis.call('SCAN', ARGV[3], 'MATCH', KEYS[2] .. '*', 'COUNT', ARGV[4])
for _, key in ipairs(said[2]) do
  for _, owner in ipairs({{base, former}}) do
    if string.sub(key, 1, #owner + 1) == owner .. ':' then redis.call('UNLINK', key) end
  end
end
if said[1] == '0' then redis.call('UNLINK', former) end
return said[1] == '0' and 'done' or said[1]
"""
"""For an index that is broken and cannot tell which slots it had: all keys of the store are looked through."""
