#include "page.hpp"

#include "row_key.hpp"

#include "gatehouse/dynamo/wire/json_sink.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <memory>

namespace gatehouse::dynamo {
namespace {

class PageReader {
 public:
  PageReader(Run& run, const PagePlan& plan, std::string& items) : run_(run), plan_(plan), items_(items) {}

  Outcome<Page> read() {
    // Empty when the start key lies at its end, or BETWEEN has its bounds the wrong way round.
    if (plan_.range.lower < plan_.range.upper) {
      if (Outcome<void> walked = walk(); !walked) return walked.error();
    }
    count_capacity();
    return std::move(page_);
  }

 private:
  Outcome<void> walk() {
    ReadOptions options = run_.reading();
    options.fill_cache = plan_.fill_cache;
    // Entries and items of one moment.
    const std::unique_ptr<Snapshot> snapshot = needs_items() ? run_.state.storage->snapshot() : nullptr;
    options.snapshot = snapshot.get();
    const std::unique_ptr<Cursor> cursor =
        run_.state.storage->cursor(Family::kData, plan_.range.lower, plan_.range.upper, options);
    if (plan_.forward) {
      cursor->seek(plan_.range.lower);
    } else {
      cursor->seek_for_previous(plan_.range.upper);
    }
    while (cursor->valid()) {
      const Map row = Map::item(cursor->value());
      if (plain_) {
        add_plain(row);
      } else if (Outcome<void> added = add(cursor->key(), row, options); !added) {
        return added;
      }
      if (is_full()) {
        write_last_key(page_.last_key, plan_.table, plan_.index, row);
        break;
      }
      if (plan_.forward) {
        cursor->next();
      } else {
        cursor->previous();
      }
    }
    if (const std::optional<Error> error = cursor->error()) return fault_of(*error);
    return boost::system::in_place_value;
  }

  bool needs_items() const { return plan_.whole_items || plan_.filters_items; }
  bool is_full() const { return bytes_ >= kMaxPageSize || (plan_.limit != 0 && page_.scanned >= plan_.limit); }

  void add_plain(const Map& row) {
    ++page_.scanned;
    if (page_.count++ != 0) plain_items_.put(',');
    row_bytes_ += write_json_item_sized(plain_items_, row);
    bytes_ = row_bytes_;
  }

  Outcome<void> add(std::string_view key, const Map& row, const ReadOptions& options) {
    ++page_.scanned;
    row_bytes_ += size_of(row);
    if (!plan_.whole_items) bytes_ = row_bytes_;
    if (!needs_items()) {
      add_item(row, row);
      return boost::system::in_place_value;
    }
    const std::string item_key = item_key_of_entry(key, plan_.table, *plan_.index);
    const Result<bool> found = run_.state.storage->get(Family::kData, item_key, fetched_, options);
    if (!found) return fault_of(found.error());
    run_.saw(item_key);
    if (!*found) return boost::system::in_place_value;
    const Map item = Map::item(fetched_);
    if (!plan_.whole_items) {
      add_item(item, row);
      return boost::system::in_place_value;
    }
    const std::uint64_t bytes = size_of(item);
    bytes_ += bytes;
    page_.capacity.add_table(read_halves(bytes, plan_.kind));
    add_item(item, item);
    return boost::system::in_place_value;
  }

  void add_item(const Map& filtered, const Map& item) {
    if (!plan_.filter.matches(filtered)) return;
    if (page_.count++ != 0 && !plan_.count_only) items_ += ',';
    if (plan_.count_only) return;
    if (plan_.projection) {
      plan_.projection.write_json(item, items_);
    } else {
      write_json_item(items_, item);
    }
  }

  void count_capacity() {
    const std::uint64_t halves = read_halves(row_bytes_, plan_.kind);
    if (plan_.index == nullptr) {
      page_.capacity.add_table(halves);
    } else {
      page_.capacity.add_index(*plan_.index, halves);
    }
  }

  Run& run_;
  const PagePlan& plan_;
  std::string& items_;
  JsonSink plain_items_{items_};
  // Every row is answered as it is.
  const bool plain_ = !needs_items() && !plan_.filter && !plan_.projection && !plan_.count_only;
  Page page_;
  std::uint64_t row_bytes_ = 0;
  std::uint64_t bytes_ = 0;  // of what counts towards the page
  std::string fetched_;
};

}  // namespace

Outcome<Page> read_page(Run& run, const PagePlan& plan, std::string& items) { return PageReader(run, plan, items).read(); }

}  // namespace gatehouse::dynamo
