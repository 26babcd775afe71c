// What Query and Scan answer of each item: Select, projection and filter, held against what the index projects.
#pragma once

#include "item_request.hpp"
#include "page.hpp"
#include "table.hpp"

#include "gatehouse/dynamo/wire/fault.hpp"

#include <string_view>

namespace gatehouse::dynamo {

// FilterExpression, QueryFilter or ScanFilter.
Outcome<Condition> filter_of(ItemRequest& request, Member legacy, Arena& arena);
// The index that the request names, null for the table; faults of an index that cannot serve it.
Outcome<const TableIndex*> index_of(const ItemRequest& request, const Table& table);
enum class PageOf : unsigned char { kQuery, kScan };
// Fills whole_items, filters_items and count_only; faults of Select, of paths into keys, of attributes that the index does not have.
Outcome<void> select(const ItemRequest& request, PageOf what, PagePlan& plan);

// Places the page behind ExclusiveStartKey.
void start_behind(PagePlan& plan, const std::string& row_key);
// The whole answer but for the items, which were appended behind `{"Items":[`.
void finish_page(std::string& answer, const ItemRequest& request, const PagePlan& plan, const Page& page);
// Appends `{"Items":[`, unless only the count is wanted.
void begin_page(std::string& answer, const PagePlan& plan);

}  // namespace gatehouse::dynamo
