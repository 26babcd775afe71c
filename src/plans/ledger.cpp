#include "gatehouse/plans/ledger.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::plans {

Account::Verdict Account::take(std::uint64_t limit, Day today) {
  limit = std::min(limit, kMost);
  std::uint64_t now = word_.load(std::memory_order_relaxed);
  while (true) {
    if (day_in(now) < today) [[unlikely]] {
      begin_day(today);
      now = word_.load(std::memory_order_relaxed);
      continue;
    }
    // A worker whose clock is behind counts with those who are ahead: a day that is over gets no more requests.
    const std::uint64_t used = used_in(now);
    if (used >= limit) return {false, 0};
    if (word_.compare_exchange_weak(now, now + 1, std::memory_order_relaxed)) return {true, limit - used - 1};
  }
}

std::uint64_t Account::used(Day today) const {
  const std::uint64_t now = word_.load(std::memory_order_relaxed);
  return day_in(now) >= today || same_period(day_in(now), today) ? used_in(now) : 0;
}

void Account::begin_day(Day today) {
  const std::lock_guard lock(mutex_);
  std::uint64_t now = word_.load(std::memory_order_relaxed);
  while (day_in(now) < today) {
    const bool same = same_period(day_in(now), today);
    const std::uint64_t used = same ? used_in(now) : 0;
    if (!word_.compare_exchange_weak(now, word(today, used), std::memory_order_relaxed)) continue;
    add_unwritten({day_in(now), static_cast<std::int64_t>(used_in(now)) - static_cast<std::int64_t>(seen_)});
    seen_ = used;
    if (!same) begin_period();
    return;
  }
}

void Account::begin_period() {
  elsewhere_ = told_most_ = 0;
  heard_ = false;
}

void Account::load(Day today, std::uint64_t of_period, std::uint64_t of_today) {
  const std::lock_guard lock(mutex_);
  seen_ = std::min(of_period, kMost);
  known_day_ = today;
  known_total_ = of_today;
  begin_period();
  word_.store(word(today, seen_), std::memory_order_relaxed);
}

void Account::add_unwritten(Unwritten more) {
  if (more.requests <= 0) return;
  for (Unwritten& unwritten : unwritten_) {
    if (unwritten.day != more.day) continue;
    unwritten.requests += more.requests;
    return;
  }
  unwritten_.push_back(more);
}

std::vector<Unwritten> Account::collect() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t now = word_.load(std::memory_order_relaxed);
  if (used_in(now) > seen_) {
    add_unwritten({day_in(now), static_cast<std::int64_t>(used_in(now) - seen_)});
    seen_ = used_in(now);
  }
  return std::exchange(unwritten_, {});
}

void Account::put_back(Unwritten unwritten) {
  const std::lock_guard lock(mutex_);
  add_unwritten(unwritten);
}

void Account::written(Unwritten unwritten, std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t before = unwritten.day == known_day_ ? known_total_ : 0;
  const std::uint64_t ours = before + static_cast<std::uint64_t>(unwritten.requests);
  if (unwritten.day >= known_day_) {
    known_day_ = unwritten.day;
    known_total_ = total;
  } else {
    return;  // of a day whose others were asked for when it was loaded, or are over
  }
  if (total <= ours) return;
  const std::uint64_t theirs = total - ours;
  std::uint64_t now = word_.load(std::memory_order_relaxed);
  while (unwritten.day >= day_in(now) || same_period(unwritten.day, day_in(now))) {
    const std::uint64_t sum = std::min(used_in(now) + theirs, kMost);
    if (!word_.compare_exchange_weak(now, word(day_in(now), sum), std::memory_order_relaxed)) continue;
    seen_ += sum - used_in(now);
    return;
  }
}

bool Account::clean() const {
  const std::lock_guard lock(mutex_);
  return unwritten_.empty() && used_in(word_.load(std::memory_order_relaxed)) <= seen_;
}

Account::Own Account::own(Day today) {
  if (day_in(word_.load(std::memory_order_relaxed)) < today) begin_day(today);
  const std::lock_guard lock(mutex_);
  const std::uint64_t now = word_.load(std::memory_order_relaxed);
  told_most_ = std::max(told_most_, used_in(now) - elsewhere_);
  return {period_start(rule_, day_in(now)), used_in(now) - elsewhere_, now};
}

bool Account::heard(const Own& own, std::uint64_t ours, std::uint64_t others) {
  const std::lock_guard lock(mutex_);
  told_word_ = own.word;
  const bool strange = heard_ && ours > told_most_;  // a crash was before the first answer
  std::uint64_t now = word_.load(std::memory_order_relaxed);
  while (period_start(rule_, day_in(now)) == own.period) {
    const std::uint64_t room = kMost - used_in(now);
    const std::uint64_t theirs = others > elsewhere_ ? std::min(others - elsewhere_, room) : 0;
    const std::uint64_t forgotten = ours > told_most_ && !strange ? std::min(ours - told_most_, room - theirs) : 0;
    if (!word_.compare_exchange_weak(now, now + theirs + forgotten, std::memory_order_relaxed)) continue;
    elsewhere_ += theirs;
    seen_ += theirs;
    told_word_ += theirs;  // they know that themselves
    told_most_ += forgotten;
    heard_ = true;
    return !strange;
  }
  return true;
}

std::uint64_t Ledger::hash(std::string_view id, PeriodRule rule) {
  return hash64(id, static_cast<std::uint64_t>(rule.unit) << 8 | rule.offset);
}

const AccountPtr* Ledger::find(const Table& table, std::string_view id, PeriodRule rule) {
  const auto found = table.index.find(hash(id, rule), [&](std::uint32_t i) {
    return table.accounts[i]->id() == id && table.accounts[i]->rule() == rule;
  });
  return found == FlatIndex::kNone ? nullptr : &table.accounts[found];
}

Account* Ledger::find(unsigned worker, std::string_view id, PeriodRule rule) const {
  const AccountPtr* const found = find(table_.read(worker), id, rule);
  return found == nullptr ? nullptr : found->get();
}

std::vector<AccountPtr> Ledger::make_missing(const Wanted& wanted) const {
  const auto table = table_.current();
  std::vector<AccountPtr> made;
  for (const auto& [id, rule] : wanted) {
    if (find(*table, id, rule) == nullptr) made.push_back(std::make_shared<Account>(id, rule));
  }
  return made;
}

void Ledger::publish(const Wanted& wanted, const std::vector<AccountPtr>& made) {
  const auto old = table_.current();
  Wanted sorted = wanted;
  std::ranges::sort(sorted);
  auto table = std::make_shared<Table>();
  for (const AccountPtr& account : old->accounts) {
    const std::pair key(account->id(), account->rule());
    if (std::ranges::binary_search(sorted, key) || !account->clean()) table->accounts.push_back(account);
  }
  table->accounts.insert(table->accounts.end(), made.begin(), made.end());
  table->index = FlatIndex(table->accounts.size());
  for (std::uint32_t i = 0; i < table->accounts.size(); ++i)
    table->index.add(hash(table->accounts[i]->id(), table->accounts[i]->rule()), i);
  table_.publish(std::move(table));
}

std::vector<AccountPtr> Ledger::accounts() const { return table_.current()->accounts; }

std::shared_ptr<const std::vector<AccountPtr>> Ledger::current() const {
  auto table = table_.current();
  return {table, &table->accounts};
}

}  // namespace gatehouse::plans
