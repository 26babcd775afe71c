// What each key has used: exact across workers, without a lock on a request's way.
#pragma once

#include "gatehouse/plans/flat_index.hpp"
#include "gatehouse/plans/period.hpp"
#include "gatehouse/plans/published.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::plans {

// A key's requests on one day that the store does not know of yet.
struct Unwritten {
  Day day;
  std::int64_t requests;
};

// The count of one key in the current period. Thread-safe.
class Account {
 public:
  static constexpr std::uint64_t kMost = (std::uint64_t{1} << 40) - 1;  // requests in a period
  static constexpr std::uint64_t kUnlimited = kMost;

  Account(std::string id, PeriodRule rule) : id_(std::move(id)), rule_(rule) {}
  const std::string& id() const { return id_; }
  PeriodRule rule() const { return rule_; }

  struct Verdict {
    bool admitted;
    std::uint64_t remaining;
  };
  // Counts a request unless `limit` are counted in the period of `today`. Takes a lock only for the first one of a day.
  Verdict take(std::uint64_t limit, Day today);
  // In the period of `today`.
  std::uint64_t used(Day today) const;

  // For whoever writes to the store, one at a time.
  // What the store knew: of the period of `today` together, and of `today` alone. REQUIRES: before the first take().
  void load(Day today, std::uint64_t of_period, std::uint64_t of_today);
  // Everything that is not written, which then counts as being written.
  std::vector<Unwritten> collect();
  // That could not be written after all.
  void put_back(Unwritten unwritten);
  // That was written, whereupon the store knew of `total` requests of that day: what others added counts here too.
  void written(Unwritten unwritten, std::uint64_t total);
  bool clean() const;

  // For whoever keeps a fleet's counts in step, on one thread. Others' counts are no part of what is unwritten.
  struct Own {
    Day period;              // its first day
    std::uint64_t requests;  // in it, less those that others of the fleet counted
    std::uint64_t word;
  };
  // Whether anything changed since what heard() was last told of, or nothing was ever heard.
  bool untold() const { return word_.load(std::memory_order_relaxed) != told_word_; }
  // In the period of `today`.
  Own own(Day today);
  // The fleet knows that in that period the others counted so many together, and of `ours` here. That is more than was ever told
  // where a crash forgot some, which are then counted and written again. Never takes anything back: who forgot is told again.
  // False when it cannot be ours: another gateway tells its numbers under the same name.
  bool heard(const Own& own, std::uint64_t ours, std::uint64_t others);

 private:
  static constexpr unsigned kDayShift = 40;  // word: the day, below it what was used in its period up to now
  static std::uint64_t word(Day day, std::uint64_t used) { return std::uint64_t{day} << kDayShift | used; }
  static Day day_in(std::uint64_t word) { return static_cast<Day>(word >> kDayShift); }
  static std::uint64_t used_in(std::uint64_t word) { return word & kMost; }
  bool same_period(Day earlier, Day later) const { return period_start(rule_, later) <= earlier; }
  void begin_day(Day today);
  void begin_period();
  void add_unwritten(Unwritten more);

  const std::string id_;
  const PeriodRule rule_;
  std::atomic<std::uint64_t> word_{0};
  static constexpr std::uint64_t kNothingHeard = ~std::uint64_t{0};
  std::uint64_t told_word_ = kNothingHeard;  // of the thread that calls heard(); beside the word, since all are looked through often

  mutable std::mutex mutex_;  // of all below
  std::uint64_t seen_ = 0;    // how much of the word's count is written, or in unwritten_
  std::vector<Unwritten> unwritten_;
  Day known_day_ = 0;  // the last day whose count the store told
  std::uint64_t known_total_ = 0;
  std::uint64_t elsewhere_ = 0;  // how much of the word's count others of the fleet counted
  std::uint64_t told_most_ = 0;  // of the word's period
  bool heard_ = false;           // of the word's period
};

using AccountPtr = std::shared_ptr<Account>;

// The accounts of all known keys. An id means the same client wherever it stands.
class Ledger {
 public:
  explicit Ledger(unsigned readers) : table_(readers, std::make_shared<const Table>()) {}

  // On the worker with that number: null when the key is not known; valid until the next call of the same worker.
  Account* find(unsigned worker, std::string_view id, PeriodRule rule) const;

  // Control plane, one thread at a time.
  using Wanted = std::vector<std::pair<std::string, PeriodRule>>;
  // New accounts for those of `wanted` that there are none for, to be loaded and published.
  std::vector<AccountPtr> make_missing(const Wanted& wanted) const;
  // From now on there are those of `wanted`: known ones and `made`. Others stay while they have something unwritten.
  void publish(const Wanted& wanted, const std::vector<AccountPtr>& made);
  std::vector<AccountPtr> accounts() const;
  // The same, to look through often.
  std::shared_ptr<const std::vector<AccountPtr>> current() const;

 private:
  struct Table {
    std::vector<AccountPtr> accounts;
    FlatIndex index;
  };
  static std::uint64_t hash(std::string_view id, PeriodRule rule);
  static const AccountPtr* find(const Table& table, std::string_view id, PeriodRule rule);

  Published<Table> table_;
};

}  // namespace gatehouse::plans
