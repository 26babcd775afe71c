#include "item_update.hpp"

#include "scalar_keys.hpp"

#include "gatehouse/dynamo/expr/legacy.hpp"

namespace gatehouse::dynamo {

Outcome<Update> update_of(ItemRequest& request, Arena& arena) {
  if (request.has(Member::kUpdateExpression)) return Update::parse(request.update, request.bindings, arena);
  if (request.has(Member::kAttributeUpdates)) return parse_attribute_updates(request.attribute_updates, arena);
  return Update();
}

Outcome<void> check_update_targets(const Update& update, const Table& table) {
  if (!update) return boost::system::in_place_value;
  for (const Path path : update.paths()) {
    if (!table.is_key(path.front().name)) continue;
    return validation("One or more parameter values were invalid: Cannot update attribute " + std::string(path.front().name) +
                      ". This attribute is part of the key");
  }
  return check_scalar_keys_in(table, update);
}

Outcome<std::optional<Map>> apply_update(const Update& update, const ItemRequest& request, const std::optional<Map>& before,
                                  WriteBuffers& buffers, Arena& arena) {
  if (!update) {
    buffers.after = before ? std::string_view(buffers.before) : request.encoded_key;
    return std::optional(Map::item(buffers.after));
  }
  ValueWriter writer(buffers.after);
  if (Outcome<void> applied = update.apply(before.value_or(request.key), before.has_value(), writer, arena); !applied)
    return applied.error();
  const Map after = Map::item(buffers.after);
  if (!before && after.count() == request.key.count()) return std::optional<Map>();
  if (buffers.after.size() > kMaxItemSize / 2 && size_of(after) > kMaxItemSize)
    return validation("Item size to update has exceeded the maximum allowed size");
  return std::optional(after);
}

std::optional<Mutation::Image> image_of(const std::optional<Map>& map, std::string_view encoded) {
  return map ? std::optional(Mutation::Image{*map, encoded}) : std::nullopt;
}

}  // namespace gatehouse::dynamo
