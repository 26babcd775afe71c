// Lookups, their times, and those who wait for them.
#include "addresses.hpp"

#include "gatehouse/base/log.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::upstream {
namespace {

// A name that moves is followed this soon, whatever its time to live.
constexpr Duration kLongest = std::chrono::seconds(5);
// After a failed lookup, and at least between two that failed connections ask for.
constexpr Duration kBetweenAttempts = std::chrono::milliseconds(500);

std::string_view without_brackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

Addresses::Waiting::~Waiting() {
  if (addresses_ != nullptr) addresses_->forget(*this);
}

Addresses::Addresses(net::Worker& worker, net::Resolver& resolver, std::string host, std::function<void()> on_change)
    : worker_(worker),
      resolver_(&resolver),
      host_(std::move(host)),
      on_change_(std::move(on_change)),
      start_(worker.index()),
      alive_(std::make_shared<Addresses*>(this)) {
  if (const auto address = IpAddress::parse(without_brackets(host_))) {
    known_.push_back(*address);
    literal_ = true;
  }
}

Addresses::~Addresses() {
  while (first_ != nullptr) forget(*first_);
}

std::span<const IpAddress> Addresses::get() {
  if (!literal_ && worker_.now() >= due_) look_up();
  return known_;
}

void Addresses::connect_failed() {
  if (!literal_ && worker_.now() >= looked_up_ + kBetweenAttempts) look_up();
}

bool Addresses::contains(const IpAddress& address) const {
  return std::find(known_.begin(), known_.end(), address) != known_.end();
}

void Addresses::look_up() {
  if (looking_up_ || resolver_ == nullptr) return;
  looking_up_ = true;
  resolver_->resolve(host_, [alive = std::weak_ptr<Addresses*>(alive_)](const Result<net::Resolved>& result) {
    if (const auto self = alive.lock()) (*self)->answered(result);
  });
}

void Addresses::answered(const Result<net::Resolved>& result) {
  looking_up_ = false;
  looked_up_ = worker_.now();
  if (result.has_error()) {
    due_ = looked_up_ + kBetweenAttempts;
    if (!failure_) {  // one line, not one per request
      log::warn("lookup_failed", {{"host", host_},
                                  {"reason", result.error().reason()},
                                  {"addresses_kept", static_cast<std::uint64_t>(known_.size())}});
    }
    failure_ = result.error();
    return tell(failure());
  }
  failure_.reset();
  due_ = looked_up_ + std::min(result->ttl, kLongest);
  const auto before = std::exchange(known_, result->addresses);
  const bool vanished = std::any_of(before.begin(), before.end(), [this](const auto& old) { return !contains(old); });
  if (vanished) on_change_();
  tell(nullptr);
}

void Addresses::wait(Waiting& waiting) {
  waiting.addresses_ = this;
  waiting.next_ = nullptr;
  waiting.previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = &waiting;
  last_ = &waiting;
}

void Addresses::forget(Waiting& waiting) {
  if (waiting.addresses_ != this) return;
  (waiting.previous_ == nullptr ? first_ : waiting.previous_->next_) = waiting.next_;
  (waiting.next_ == nullptr ? last_ : waiting.next_->previous_) = waiting.previous_;
  waiting.next_ = waiting.previous_ = nullptr;
  waiting.addresses_ = nullptr;
}

// Only those who wait now: who waits again while it is told waits for the next lookup.
void Addresses::tell(const Error* error) {
  Waiting* const last = last_;
  bool more = first_ != nullptr;
  while (more && first_ != nullptr) {
    Waiting& waiting = *first_;
    more = &waiting != last;
    forget(waiting);
    waiting.on_lookup(error);
  }
}

}  // namespace gatehouse::upstream
