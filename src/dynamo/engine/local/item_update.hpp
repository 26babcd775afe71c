// What an update does to one item: parsed from a request, judged against the table's keys, applied. Shared by UpdateItem and
// transactions.
#pragma once

#include "item_request.hpp"
#include "mutation.hpp"
#include "write_buffers.hpp"

#include "gatehouse/dynamo/expr/update.hpp"

#include <optional>
#include <string_view>

namespace gatehouse::dynamo {

// UpdateExpression, AttributeUpdates, or an update that changes nothing.
Outcome<Update> update_of(ItemRequest& request, Arena& arena);
// Keys stay as they are, and are scalars.
Outcome<void> check_update_targets(const Update& update, const Table& table);
// The item as it will be, in buffers.after: nothing where an update of nothing but removals meets no item.
Outcome<std::optional<Map>> apply_update(const Update& update, const ItemRequest& request, const std::optional<Map>& before,
                                         WriteBuffers& buffers, Arena& arena);
std::optional<Mutation::Image> image_of(const std::optional<Map>& map, std::string_view encoded);

}  // namespace gatehouse::dynamo
