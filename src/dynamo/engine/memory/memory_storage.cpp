// Storage in memory, for tests and throw-away stores: an ordered map per family whose values keep older versions for as
// long as a cursor or snapshot can see them. One writer at a time; readers side by side.
#include "gatehouse/dynamo/engine/storage.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kCopiedAtOnce = kMiB;

struct Version {
  CommitNumber number;
  std::optional<std::string> value;  // none: erased
};

// Oldest first; never empty.
using Versions = std::vector<Version>;
using Rows = std::map<std::string, Versions, std::less<>>;

const std::string* visible(const Versions& versions, CommitNumber at) {
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->number <= at) return version->value ? &*version->value : nullptr;
  }
  return nullptr;
}

struct Space {
  Rows rows;
  std::uint64_t removals = 0;  // a cursor's iterator is good while this stands still
};

struct State {
  mutable std::shared_mutex mutex;
  std::array<Space, 2> spaces;
  std::uint64_t bytes = 0;
  std::atomic<CommitNumber> last{0};

  // Versions that were replaced while someone could see them, by the number of what replaced them.
  struct Leftover {
    CommitNumber number;
    Family family;
    std::string key;
  };
  std::deque<Leftover> leftovers;

  mutable std::mutex views_mutex;
  mutable std::multiset<CommitNumber> views;

  Space& space(Family family) { return spaces[static_cast<std::size_t>(family)]; }
  const Space& space(Family family) const { return spaces[static_cast<std::size_t>(family)]; }

  CommitNumber oldest_view(CommitNumber otherwise) const {
    const std::lock_guard lock(views_mutex);
    return views.empty() ? otherwise : std::min(*views.begin(), otherwise);
  }
};

// Keeps the versions of one moment alive.
class View {
 public:
  explicit View(const State& state, std::optional<CommitNumber> at = std::nullopt) : state_(state) {
    const std::shared_lock lock(state_.mutex);  // no write may end between the reading of `last` and the registration
    number_ = at.value_or(state_.last.load(std::memory_order_relaxed));
    const std::lock_guard views_lock(state_.views_mutex);
    place_ = state_.views.insert(number_);
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  ~View() {
    const std::lock_guard lock(state_.views_mutex);
    state_.views.erase(place_);
  }
  CommitNumber number() const { return number_; }

 private:
  const State& state_;
  CommitNumber number_ = 0;
  std::multiset<CommitNumber>::iterator place_;
};

class MemorySnapshot final : public Snapshot {
 public:
  explicit MemorySnapshot(const State& state) : view(state) {}
  const View view;
};

CommitNumber number_of(const Snapshot& snapshot) { return static_cast<const MemorySnapshot&>(snapshot).view.number(); }

std::optional<CommitNumber> moment_of(const ReadOptions& options) {
  if (options.snapshot == nullptr) return std::nullopt;
  return number_of(*options.snapshot);
}

class MemoryCursor final : public Cursor {
 public:
  MemoryCursor(const State& state, Family family, std::string_view lower, std::string_view upper,
               const ReadOptions& options)
      : state_(state), space_(state.space(family)), view_(state, moment_of(options)), lower_(lower), upper_(upper) {}

  void seek(std::string_view key) override {
    const std::shared_lock lock(state_.mutex);
    settle_forward(space_.rows.lower_bound(std::max(key, lower_)));
  }

  void seek_for_previous(std::string_view key) override {
    const std::shared_lock lock(state_.mutex);
    const bool beyond = !upper_.empty() && key >= upper_;
    settle_backward(beyond ? space_.rows.lower_bound(upper_) : space_.rows.upper_bound(key));
  }

  void next() override {
    const std::shared_lock lock(state_.mutex);
    settle_forward(removals_ == space_.removals ? std::next(place_) : space_.rows.upper_bound(key_));
  }

  void previous() override {
    const std::shared_lock lock(state_.mutex);
    settle_backward(removals_ == space_.removals ? place_ : space_.rows.lower_bound(key_));
  }

  bool valid() const override { return valid_; }
  std::string_view key() const override { return key_; }
  std::string_view value() const override { return value_; }
  std::optional<Error> error() const override { return std::nullopt; }

 private:
  // The first visible row at or after `from`.
  void settle_forward(Rows::const_iterator from) {
    for (valid_ = false; from != space_.rows.end(); ++from) {
      if (!upper_.empty() && from->first >= upper_) return;
      if (stand_on(from)) return;
    }
  }

  // The last visible row before `end`.
  void settle_backward(Rows::const_iterator end) {
    for (valid_ = false; end != space_.rows.begin();) {
      --end;
      if (end->first < lower_) return;
      if (stand_on(end)) return;
    }
  }

  bool stand_on(Rows::const_iterator row) {
    const std::string* value = visible(row->second, view_.number());
    if (value == nullptr) return false;
    // Copies, since a write between two moves may reallocate the row's versions.
    place_ = row;
    removals_ = space_.removals;
    key_ = row->first;
    value_ = *value;
    return valid_ = true;
  }

  const State& state_;
  const Space& space_;
  const View view_;
  const std::string_view lower_;
  const std::string_view upper_;
  Rows::const_iterator place_;
  std::uint64_t removals_ = 0;
  std::string key_;
  std::string value_;
  bool valid_ = false;
};

class MemoryStorage final : public Storage {
 public:
  Result<bool> get(Family family, std::string_view key, std::string& value, const ReadOptions& options) const override {
    const std::shared_lock lock(state_.mutex);
    const Rows& rows = state_.space(family).rows;
    const auto row = rows.find(key);
    if (row == rows.end()) return false;
    const std::string* found = visible(row->second, moment_of(options).value_or(state_.last.load()));
    if (found == nullptr) return false;
    value = *found;
    return true;
  }

  std::unique_ptr<Cursor> cursor(Family family, std::string_view lower, std::string_view upper,
                                 const ReadOptions& options) const override {
    return std::make_unique<MemoryCursor>(state_, family, lower, upper, options);
  }

  std::unique_ptr<Snapshot> snapshot() const override { return std::make_unique<MemorySnapshot>(state_); }

  Result<CommitNumber> write(const Batch& batch, Patience) override {
    const std::unique_lock lock(state_.mutex);
    const CommitNumber number = state_.last.load(std::memory_order_relaxed) + 1;
    const CommitNumber oldest = state_.oldest_view(number);
    std::string_view rest = batch.bytes();
    while (const std::optional<Batch::Change> change = Batch::take(rest)) {
      apply(*change, number, oldest);
    }
    state_.last.store(number, std::memory_order_release);
    while (!state_.leftovers.empty() && state_.leftovers.front().number <= oldest) {
      const State::Leftover leftover = std::move(state_.leftovers.front());
      state_.leftovers.pop_front();
      Space& space = state_.space(leftover.family);
      const auto row = space.rows.find(leftover.key);
      if (row != space.rows.end()) prune(space, row, oldest);
    }
    return number;
  }

  CommitNumber written() const override { return state_.last.load(std::memory_order_acquire); }
  CommitNumber durable() const override { return written(); }
  std::optional<Error> failure() const override { return std::nullopt; }
  void on_durable(std::function<void()>) override {}  // durable() has moved before write() returns
  Result<void> wait_durable(CommitNumber) override { return {}; }
  void request_sync() override {}

  // A store on disk with the same rows.
  Result<void> checkpoint(const std::string& folder) override {
    if (std::filesystem::exists(folder)) {
      return Error(ErrorKind::kUnavailable, ErrorSource::kGateway, "store_backup_failed",
                   "cannot create " + folder + ": it is there already");
    }
    EmbeddedSettings settings;
    settings.path = folder;
    settings.durability = Durability::kNone;
    Result<std::unique_ptr<Storage>> opened = open_rocks(settings);
    if (!opened) return opened.error();
    const std::unique_ptr<Snapshot> moment = snapshot();
    for (const Family family : {Family::kData, Family::kLog}) {
      if (Result<void> copied = copy(family, *moment, **opened); !copied) return copied;
    }
    (*opened)->close();
    return {};
  }

  void trim_log(std::string_view from, std::string_view to) override {
    Batch batch;
    batch.erase_range(Family::kLog, from, to);
    (void)write(batch, Patience::kAllowed);
  }

  std::uint64_t approximate_size(std::string_view from, std::string_view to) const override {
    const std::shared_lock lock(state_.mutex);
    const Rows& rows = state_.space(Family::kData).rows;
    std::uint64_t bytes = 0;
    for (auto row = rows.lower_bound(from); row != rows.end() && row->first < to; ++row) bytes += size_of(*row);
    return bytes;
  }

  std::vector<std::pair<std::string, std::uint64_t>> statistics() const override {
    const std::shared_lock lock(state_.mutex);
    const std::uint64_t rows = state_.spaces[0].rows.size() + state_.spaces[1].rows.size();
    return {{"rows", rows}, {"memtable_bytes", state_.bytes}};
  }

  void close() override {}

 private:
  Result<void> copy(Family family, const Snapshot& moment, Storage& to) const {
    ReadOptions options;
    options.snapshot = &moment;
    const std::unique_ptr<Cursor> from = cursor(family, {}, {}, options);
    Batch batch;
    for (from->seek({}); from->valid();) {
      batch.put(family, from->key(), from->value());
      from->next();
      if (from->valid() && batch.size_bytes() < kCopiedAtOnce) continue;
      if (const Result<CommitNumber> written = to.write(batch, Patience::kAllowed); !written) return written.error();
      batch.clear();
    }
    return {};
  }

  static std::uint64_t size_of(const Rows::value_type& row) {
    std::uint64_t bytes = row.first.size();
    for (const Version& version : row.second) bytes += version.value ? version.value->size() : 0;
    return bytes;
  }

  void apply(const Batch::Change& change, CommitNumber number, CommitNumber oldest) {
    Space& space = state_.space(change.family);
    switch (change.kind) {
      case Batch::Kind::kPut: {
        auto row = space.rows.lower_bound(change.key);
        if (row == space.rows.end() || row->first != change.key) {
          row = space.rows.emplace_hint(row, std::string(change.key), Versions{});
          state_.bytes += change.key.size();
        }
        set(change.family, row, std::string(change.value), number, oldest);
        return;
      }
      case Batch::Kind::kErase: {
        const auto row = space.rows.find(change.key);
        if (row != space.rows.end()) set(change.family, row, std::nullopt, number, oldest);
        return;
      }
      case Batch::Kind::kEraseRange: {
        auto row = space.rows.lower_bound(change.key);
        while (row != space.rows.end() && row->first < change.value) {
          set(change.family, row++, std::nullopt, number, oldest);
        }
        return;
      }
    }
  }

  void set(Family family, Rows::iterator row, std::optional<std::string> value, CommitNumber number,
           CommitNumber oldest) {
    Versions& versions = row->second;
    if (value) state_.bytes += value->size();
    if (!versions.empty() && versions.back().number == number) {
      if (versions.back().value) state_.bytes -= versions.back().value->size();
      versions.back().value = std::move(value);
    } else {
      versions.push_back({number, std::move(value)});
    }
    if (oldest == number) {
      prune(state_.space(family), row, oldest);
    } else {
      state_.leftovers.push_back({number, family, row->first});
    }
  }

  // Drops what no view from `oldest` on can see.
  void prune(Space& space, Rows::iterator row, CommitNumber oldest) {
    Versions& versions = row->second;
    const auto newer = std::find_if(versions.begin(), versions.end(), [&](const Version& v) { return v.number > oldest; });
    if (newer == versions.begin()) return;
    auto keep = std::prev(newer);
    if (!keep->value) keep = newer;  // an erasure that everyone sees is the same as no row
    for (auto version = versions.begin(); version != keep; ++version) {
      if (version->value) state_.bytes -= version->value->size();
    }
    versions.erase(versions.begin(), keep);
    if (!versions.empty()) return;
    state_.bytes -= row->first.size();
    ++space.removals;
    space.rows.erase(row);
  }

  State state_;
};

}  // namespace

std::unique_ptr<Storage> open_memory() { return std::make_unique<MemoryStorage>(); }

}  // namespace gatehouse::dynamo
