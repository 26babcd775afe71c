// SELECT: as many Queries as WHERE allows, or a Scan, a page at a time.
#include "execute_statement.hpp"

#include "page.hpp"
#include "scalar_keys.hpp"
#include "selection.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

// Where the next page begins: which of the ranges, and behind which key of it.
struct Place {
  std::size_t range = 0;
  std::string key;  // JSON; empty: the range's beginning
};

std::string write_token(const Place& place) {
  return base64("{\"range\":" + std::to_string(place.range) + (place.key.empty() ? "" : ",\"key\":" + place.key) + "}");
}

Fault bad_token() { return validation("The provided NextToken is not valid"); }

Outcome<Place> read_token(std::string_view token, Arena& arena) {
  std::string json;
  if (!append_base64_decoded(json, token) || !is_valid_utf8(json)) return bad_token();
  JsonReader reader(arena.copy(json), arena);
  Place place;
  std::int64_t range = 0;
  for (reader.begin_object(); const auto name = reader.next_name();) {
    std::string_view key;
    if (*name == "range") {
      reader.read_integer(range);
    } else if (*name == "key" && reader.read_raw(key)) {
      place.key = key;
    } else {
      reader.skip();
    }
  }
  if (!reader.finish() || reader.fault() || range < 0) return bad_token();
  place.range = static_cast<std::size_t>(range);
  return place;
}

Outcome<void> start_behind_place(PagePlan& plan, const Place& place, StartOf what, Arena& arena) {
  if (place.key.empty()) return boost::system::in_place_value;
  JsonReader reader(place.key, arena);
  std::string bytes;
  ValueWriter writer(bytes);
  if (!reader.read_item(writer) || reader.fault()) return bad_token();
  const Outcome<std::string> key = start_row_key(plan.table, plan.index, Map::item(bytes), what);
  if (!key || !plan.range.contains(*key)) return bad_token();
  start_behind(plan, *key);
  return boost::system::in_place_value;
}

Outcome<void> check_order(const Statement& statement, const KeySchema& schema, bool queries) {
  if (statement.order_by.empty()) return boost::system::in_place_value;
  if (!queries) return validation("Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
  if (schema.has(statement.order_by)) return boost::system::in_place_value;
  return validation("Variable reference " + std::string(statement.order_by) + " in ORDER BY clause must be part of the primary key");
}

class Selector {
 public:
  Selector(Run& run, const StatementOptions& options, const Statement& statement, const Table& table, const TableIndex* index)
      : run_(run), options_(options), statement_(statement), table_(table), index_(index), schema_(schema_of(table, index)),
        sets_(query_terms(schema_, statement)) {}

  Outcome<void> answer() {
    if (Outcome<void> valid = check_order(statement_, schema_, !sets_.empty()); !valid) return valid;
    Place place;
    if (!options_.next_token.empty()) {
      const Outcome<Place> from = read_token(options_.next_token, run_.arena);
      if (!from) return from.error();
      place = *from;
      if (place.range >= ranges()) return bad_token();
    }
    run_.answer += R"({"Items":[)";
    if (Outcome<void> read = read_pages(place); !read) return read;
    run_.answer += ']';
    if (place.range < ranges()) {
      run_.answer += R"(,"NextToken":")" + write_token(place) + '"';
      if (!place.key.empty()) run_.answer += R"(,"LastEvaluatedKey":)" + place.key;
    }
    if (const CapacityReport report = capacity_report(options_.return_capacity); report != CapacityReport::kNone) {
      run_.answer += R"(,"ConsumedCapacity":)";
      capacity_.write(run_.answer, table_.name, report);
    }
    run_.answer += '}';
    return boost::system::in_place_value;
  }

 private:
  std::size_t ranges() const { return std::max<std::size_t>(sets_.size(), 1); }

  Outcome<PagePlan> plan_of(const Place& place) {
    PagePlan plan{.table = table_, .index = index_};
    const bool scans = sets_.empty();
    if (scans) {
      plan.range = scan_range(table_, index_, 0, 1);
      plan.fill_cache = false;
    } else {
      Outcome<KeyRange> range = query_range(table_, index_, sets_[place.range]);
      if (!range) return range.error();
      plan.range = std::move(*range);
    }
    plan.forward = !statement_.descending;
    plan.kind = options_.consistent ? ReadKind::kConsistent : ReadKind::kEventual;
    plan.filter = statement_.where;
    plan.projection = statement_.projection;
    if (Outcome<void> started = start_behind_place(plan, place, scans ? StartOf::kScan : StartOf::kQuery, run_.arena); !started)
      return started.error();
    return plan;
  }

  // Leaves `place` where the next page begins; behind the last range when there is none.
  Outcome<void> read_pages(Place& place) {
    std::uint64_t seen = 0;
    for (std::uint64_t bytes = run_.answer.size(); place.range < ranges();) {
      Outcome<PagePlan> plan = plan_of(place);
      if (!plan) return plan.error();
      plan->limit = options_.limit == 0 ? 0 : options_.limit - seen;
      const std::size_t before = run_.answer.size();
      if (run_.answer.back() != '[') run_.answer += ',';
      const std::size_t items = run_.answer.size();
      const Outcome<Page> page = read_page(run_, *plan, run_.answer);
      if (!page) return page.error();
      if (run_.answer.size() == items) run_.answer.resize(before);
      if (sets_.empty()) {
        if (options_.consistent) run_.saw_everything();
      } else {
        run_.saw(plan->range.lower);
      }
      seen += page->scanned;
      capacity_.add_table(read_halves(0, plan->kind));
      place.key = page->last_key;
      if (!place.key.empty()) return boost::system::in_place_value;
      ++place.range;
      if ((options_.limit != 0 && seen >= options_.limit) || run_.answer.size() - bytes >= kMaxPageSize) break;
    }
    return boost::system::in_place_value;
  }

  Run& run_;
  const StatementOptions& options_;
  const Statement& statement_;
  const Table& table_;
  const TableIndex* index_;
  KeySchema schema_;
  std::vector<std::vector<KeyTerm>> sets_;
  ConsumedCapacity capacity_;
};

}  // namespace

Outcome<void> execute_select(Run& run, const StatementOptions& options, const Statement& statement) {
  const auto table = run.table(statement.table);
  if (!table) return table.error();
  const TableIndex* const index = statement.index.empty() ? nullptr : (*table)->find_index(statement.index);
  if (!statement.index.empty() && (index == nullptr || index->status != IndexStatus::kActive))
    return validation("The table does not have the specified index: " + std::string(statement.index));
  if (options.consistent && index != nullptr && !index->local)
    return validation("Consistent reads are not supported on global secondary indexes");
  if (Outcome<void> valid = check_scalar_keys_in(**table, statement.where, statement.projection); !valid) return valid;
  return Selector(run, options, statement, **table, index).answer();
}

}  // namespace gatehouse::dynamo
