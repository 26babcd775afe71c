#include "gatehouse/dynamo/engine/copy.hpp"

#include "copy_state.hpp"
#include "segments.hpp"
#include "shape.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kSegmentsOfWorker = 4;  // so that one slow segment does not keep the other workers idle at the end
constexpr auto kSaveEvery = std::chrono::seconds(1);
constexpr unsigned kMostWorkers = 256;

Result<std::vector<std::string>> list_tables(const Side& side) {
  std::vector<std::string> names;
  std::string last;
  do {
    std::string body = "{";
    if (!last.empty()) {
      body += "\"ExclusiveStartTableName\":";
      write_json_string(body, last);
    }
    auto answer = side.call(Operation::kListTables, body + "}");
    if (!answer) return answer.error();
    last.clear();
    Arena arena;
    JsonReader reader(*answer, arena);
    std::string_view text;
    for (reader.begin_object(); const auto name = reader.next_name();) {
      if (*name == "TableNames") {
        for (reader.begin_array(); reader.next_element() && reader.read_string(text);) names.emplace_back(text);
      } else if (*name == "LastEvaluatedTableName" && reader.peek() == JsonReader::Kind::kString) {
        if (reader.read_string(text)) last = text;
      } else {
        reader.skip();
      }
    }
    if (reader.failed()) return copy_error(side.name() + ": ListTables: the answer is not understood");
  } while (!last.empty());
  return names;
}

class Copier {
 public:
  Copier(Engine& from, Engine& to, const CopyOptions& options, const std::function<void(const CopyProgress&)>& progress)
      : from_(from, options.from),
        to_(to, options.to),
        options_(options),
        workers_(std::clamp(options.workers, 1U, kMostWorkers)),
        progress_(progress) {}

  Result<CopyReport> run() {
    for (const Side* side : {&from_, &to_})
      if (auto reached = side->reach(); !reached) return reached.error();
    if (auto loaded = load(); !loaded) return loaded.error();
    std::vector<std::string> tables = options_.tables;
    if (tables.empty()) {
      auto listed = list_tables(from_);
      if (!listed) return listed.error();
      tables = std::move(*listed);
    }
    told_.tables = tables.size();
    for (const std::string& name : tables) {
      ++told_.table_number;
      if (auto copied = copy_table(name); !copied) return copy_error("table " + name + ": " + copied.error().message());
      ++report_.tables;
    }
    if (!options_.state_file.empty()) std::remove(options_.state_file.c_str());
    return report_;
  }

 private:
  Result<void> load() {
    state_.from = options_.from;
    state_.to = options_.to;
    if (options_.state_file.empty()) return {};
    auto loaded = load_copy_state(options_.state_file);
    if (!loaded) return loaded.error();
    if (*loaded) {
      if ((*loaded)->from != options_.from || (*loaded)->to != options_.to)
        return copy_error(options_.state_file + " is of a copy from " + (*loaded)->from + " to " + (*loaded)->to);
      state_ = std::move(**loaded);
    }
    return save();
  }

  Result<void> save() {
    saved_ = std::chrono::steady_clock::now();
    if (options_.state_file.empty()) return {};
    return save_copy_state(options_.state_file, state_);
  }

  Result<void> copy_table(const std::string& name) {
    auto shape = describe(from_, name);
    if (!shape) return shape.error();
    told_.table = name;
    told_.expected = shape->items;
    told_.items = 0;
    TableState* table = state_.find(name);
    if (table == nullptr) {
      if (auto ready = prepare(*shape); !ready) return ready;
      table = &state_.tables.emplace_back(TableState{name, false, 0, std::vector<SegmentState>(workers_ * kSegmentsOfWorker)});
      if (auto saved = save(); !saved) return saved;
    }
    if (!table->done) {
      if (auto copied = copy_items(*table); !copied) return copied;
      table->done = true;
      if (auto saved = save(); !saved) return saved;
    }
    if (auto finished = finish(*shape); !finished) return finished;
    return verify(*table);
  }

  static Result<TableShape> describe(const Side& side, const std::string& name) {
    auto answer = side.call(Operation::kDescribeTable, named(name));
    if (!answer) return answer.error();
    auto shape = parse_table_shape(*answer);
    if (!shape) return copy_error(side.name() + ": DescribeTable: the answer is not understood");
    return std::move(*shape);
  }

  // An empty table with these keys at the target.
  Result<void> prepare(const TableShape& shape) {
    std::string answer;
    auto there = to_.find(Operation::kDescribeTable, named(shape.name), answer);
    if (!there) return there.error();
    if (!*there) {
      auto created = to_.call(Operation::kCreateTable, create_request(shape));
      if (!created) return created.error();
      return wait_active(shape.name);
    }
    const auto has = parse_table_shape(answer);
    if (!has) return copy_error(to_.name() + ": DescribeTable: the answer is not understood");
    if (has->key_text != shape.key_text)
      return copy_error("its key is (" + shape.key_text + ") at " + from_.name() + " and (" + has->key_text + ") at " + to_.name());
    if (auto active = wait_active(shape.name); !active) return active;
    return options_.overwrite ? Result<void>() : refuse_items(shape.name);
  }

  Result<void> refuse_items(const std::string& name) {
    std::string body = named(name);
    body.pop_back();
    auto answer = to_.call(Operation::kScan, body + ",\"Limit\":1,\"Select\":\"COUNT\"}");
    if (!answer) return answer.error();
    const auto page = parse_page(*answer);
    if (page && page->count == 0) return {};
    return copy_error("it has items at " + to_.name() +
                      " already: delete it there, go on with the state file of the copy that wrote them, or overwrite them");
  }

  Result<void> wait_active(const std::string& name) {
    for (unsigned tries = 1;; ++tries) {
      auto shape = describe(to_, name);
      if (!shape) return shape.error();
      if (shape->status == "ACTIVE" || shape->status == "UPDATING") return {};
      if (!pause_before_next(tries)) return copy_error(to_.name() + ": it stays " + shape->status);
    }
  }

  Result<void> copy_items(TableState& table) {
    told_.items = table.items;
    saved_ = {};  // the first page at once
    SegmentCopy copy(from_, to_, table, [this, &table](std::uint64_t items) -> Result<void> {
      report_.items += items;
      told_.items = table.items;
      tell(CopyProgress::Step::kCopying);
      if (std::chrono::steady_clock::now() - saved_ < kSaveEvery) return {};
      return save();
    });
    return copy.run(workers_);
  }

  // Not before: the copy is no news for the readers of the stream, and nothing expires while it is copied. Not again: what was switched
  // on by an earlier run, or by hand, stays.
  Result<void> finish(const TableShape& shape) {
    auto expiry = from_.call(Operation::kDescribeTimeToLive, named(shape.name));
    if (!expiry) return expiry.error();
    auto has_expiry = to_.call(Operation::kDescribeTimeToLive, named(shape.name));
    if (!has_expiry) return has_expiry.error();
    const auto request = expiry_request(shape.name, *expiry);
    if (request && !expiry_request(shape.name, *has_expiry)) {
      auto set = to_.call(Operation::kUpdateTimeToLive, *request);
      if (!set) return set.error();
    }
    if (shape.stream.empty()) return {};
    auto has = describe(to_, shape.name);
    if (!has) return has.error();
    if (!has->stream.empty()) return {};
    auto set = to_.call(Operation::kUpdateTable, stream_request(shape));
    if (!set) return set.error();
    return {};
  }

  Result<void> verify(const TableState& table) {
    tell(CopyProgress::Step::kCounting);
    auto source = count_items(from_, table.name, workers_);
    if (!source) return source.error();
    auto target = count_items(to_, table.name, workers_);
    if (!target) return target.error();
    told_.items = table.items;
    told_.source_items = *source;
    told_.target_items = *target;
    tell(CopyProgress::Step::kDone);
    if (*source == *target || (options_.overwrite && *target > *source)) return {};
    return copy_error("there are " + std::to_string(*source) + " items at " + from_.name() + " and " + std::to_string(*target) +
                      " at " + to_.name() + ": were they written to meanwhile?");
  }

  void tell(CopyProgress::Step step) {
    told_.step = step;
    progress_(told_);
  }

  const Side from_, to_;
  const CopyOptions& options_;
  const unsigned workers_;
  const std::function<void(const CopyProgress&)>& progress_;
  CopyState state_;
  CopyProgress told_;
  CopyReport report_;
  TimePoint saved_{};
};

}  // namespace

Result<CopyReport> copy_tables(Engine& from, Engine& to, const CopyOptions& options,
                               const std::function<void(const CopyProgress&)>& progress) {
  return Copier(from, to, options, progress).run();
}

}  // namespace gatehouse::dynamo
