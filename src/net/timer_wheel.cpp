// The slots are circular lists with a sentinel each. A timer stands in the slot of the tick at or after its deadline
// as it was when it was filed; when that tick comes, a timer that has been moved out is filed again.
#include "gatehouse/net/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace gatehouse::net {
namespace {

constexpr std::int64_t kTickLength = TimerWheel::kTick.count();

// Rounded down.
std::int64_t tick_of(TimePoint time) { return time.time_since_epoch().count() / kTickLength; }

TimePoint time_of(std::int64_t tick) { return TimePoint(Duration(tick * kTickLength)); }

}  // namespace

Timer::~Timer() {
  if (wheel_ != nullptr) wheel_->disarm(*this);
}

TimerWheel::TimerWheel(TimePoint start) : current_(tick_of(start)) {
  for (Link& slot : slots_) slot.next_ = slot.previous_ = &slot;
}

TimerWheel::~TimerWheel() {
  for (Link& slot : slots_) {
    while (slot.next_ != &slot) disarm(*slot.next_);
  }
}

void TimerWheel::arm(Timer& timer, TimePoint deadline) {
  timer.deadline_ = deadline;
  if (timer.wheel_ != nullptr) {
    if (deadline >= timer.filed_under_) return;
    unlink(timer);
  } else {
    timer.wheel_ = this;
    ++armed_;
  }
  file(timer);
}

void TimerWheel::disarm(Timer& timer) {
  if (timer.wheel_ == nullptr) return;
  unlink(timer);
  timer.wheel_ = nullptr;
  --armed_;
}

void TimerWheel::file(Timer& timer) {
  // Compared as times first: the tick of a deadline near TimePoint::max() cannot be rounded up.
  const std::int64_t furthest = current_ + static_cast<std::int64_t>(kSlots) - 1;
  std::int64_t tick = furthest;
  if (timer.deadline_ < time_of(furthest))
    tick = std::max(tick_of(timer.deadline_ + kTick - Duration(1)), current_ + 1);
  timer.filed_under_ = time_of(tick);
  const std::size_t slot = static_cast<std::size_t>(tick) % kSlots;
  link(slots_[slot], timer);
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  if (timer.filed_under_ < next_due_) {
    next_due_ = timer.filed_under_;
    if (kick_ != nullptr) kick_(context_);
  }
}

void TimerWheel::link(Link& list, Timer& timer) {
  timer.next_ = &list;
  timer.previous_ = list.previous_;
  list.previous_->next_ = &timer;
  list.previous_ = &timer;
}

void TimerWheel::unlink(Timer& timer) {
  timer.next_->previous_ = timer.previous_;
  timer.previous_->next_ = timer.next_;
  timer.next_ = timer.previous_ = nullptr;
}

void TimerWheel::advance(TimePoint now) {
  const std::int64_t target = tick_of(now);
  if (target <= current_) return;
  const std::int64_t first = std::max(current_ + 1, target - static_cast<std::int64_t>(kSlots) + 1);
  // From here on, what is armed or filed again goes beyond `target`: one pass visits no timer twice.
  current_ = target;
  for (std::int64_t tick = first; tick <= target && armed_ > 0; ++tick) {
    const std::size_t slot = static_cast<std::size_t>(tick) % kSlots;
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    if ((occupied_[slot / 64] & bit) == 0) continue;
    occupied_[slot / 64] &= ~bit;
    drain(slots_[slot], now);
  }
  next_due_ = first_occupied();
}

// Works on a list of its own, because handlers arm, disarm and destroy timers, those of this slot too.
void TimerWheel::drain(Link& slot, TimePoint now) {
  if (slot.next_ == &slot) return;
  Link due;
  due.next_ = slot.next_;
  due.previous_ = slot.previous_;
  due.next_->previous_ = due.previous_->next_ = &due;
  slot.next_ = slot.previous_ = &slot;
  while (due.next_ != &due) {
    Timer& timer = *due.next_;
    unlink(timer);
    if (timer.deadline_ > now) {
      file(timer);
      continue;
    }
    timer.wheel_ = nullptr;
    --armed_;
    timer.on_timer();
  }
}

TimePoint TimerWheel::first_occupied() const {
  constexpr std::size_t kWords = kSlots / 64;
  const std::size_t start = static_cast<std::size_t>(current_ + 1) % kSlots;
  for (std::size_t i = 0; i <= kWords; ++i) {
    const std::size_t index = (start / 64 + i) % kWords;
    std::uint64_t word = occupied_[index];
    const std::uint64_t from_start = ~std::uint64_t{0} << (start % 64);
    if (i == 0) word &= from_start;
    if (i == kWords) word &= ~from_start;
    if (word == 0) continue;
    const std::size_t slot = index * 64 + static_cast<std::size_t>(std::countr_zero(word));
    return time_of(current_ + 1 + static_cast<std::int64_t>((slot + kSlots - start) % kSlots));
  }
  return TimePoint::max();
}

}  // namespace gatehouse::net
