// Accepting, the list of sessions, their queue and what they share; see the header.
#include "session_host.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/net/listener.hpp"
#include "http1_exchange.hpp"
#include "http1_session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

namespace gatehouse::http {
namespace {

// Spare request states (about 1 KB each) for the next rush; what a rush needed beyond that goes back to the heap.
constexpr std::size_t kSpareExchanges = 256;

// Connections over a limit that are told so at the same time; beyond, they are closed without a word.
constexpr std::size_t kRefusedSessions = 64;

constexpr std::string_view kFullAnswer =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 33\r\n"
    "Retry-After: 1\r\n"
    "Connection: close\r\n"
    "\r\n"
    "{\"message\":\"Service Unavailable\"}";

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7), whatever the locale.
void write_date(std::array<char, 29>& to, std::time_t seconds) {
  static constexpr char kDays[] = "SunMonTueWedThuFriSat";
  static constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  const auto digits = [&to](std::size_t at, int value) {
    to[at] = static_cast<char>('0' + value / 10 % 10);
    to[at + 1] = static_cast<char>('0' + value % 10);
  };
  std::memcpy(to.data(), "Sun, 00 Jan 0000 00:00:00 GMT", to.size());
  std::memcpy(&to[0], &kDays[parts.tm_wday * 3], 3);
  digits(5, parts.tm_mday);
  std::memcpy(&to[8], &kMonths[parts.tm_mon * 3], 3);
  digits(12, (parts.tm_year + 1900) / 100);
  digits(14, parts.tm_year + 1900);
  digits(17, parts.tm_hour);
  digits(20, parts.tm_min);
  digits(23, parts.tm_sec);
}

std::string_view reason_of(ConnectionLimits::Verdict verdict) {
  if (verdict == ConnectionLimits::Verdict::kOverloaded) return "overloaded";
  return verdict == ConnectionLimits::Verdict::kListenerFull ? "connection_limit" : "client_connection_limit";
}

}  // namespace

SessionHost::SessionHost(net::Worker& worker, std::shared_ptr<ConnectionLimits> limits, Handler& handler,
                         ServerSettings settings, IpSet trusted_proxies)
    : worker_(worker),
      limits_(std::move(limits)),
      handler_(handler),
      settings_(settings),
      trusted_proxies_(std::move(trusted_proxies)),
      soon_(worker.ready()),
      runner_(run_queue()),
      self_(std::make_shared<SessionHost*>(this)) {
  runner_.start();
}

SessionHost::~SessionHost() {
  runner_.reset();
  while (sessions_ != nullptr) delete sessions_;
}

void SessionHost::update(ServerSettings settings, IpSet trusted_proxies) {
  settings_ = settings;
  trusted_proxies_ = std::move(trusted_proxies);
}

void SessionHost::drain() {
  draining_ = true;
  for (Http1Session* session = sessions_; session != nullptr; session = session->next_) session->drain();
}

void SessionHost::accept(net::UniqueFd connection, const Endpoint& remote) {
  const Peer peer{remote, net::local_endpoint(connection.get()), false};
  const bool exempt = trusted_proxies_.contains(remote.address);
  const std::uint32_t per_client = exempt ? 0 : settings_.limits.connections_per_client;
  const auto verdict = limits_->admit(remote.address, settings_.limits.connections, per_client);
  if (verdict != ConnectionLimits::Verdict::kAdmitted) {
    refuse(std::move(connection), peer, verdict);
    return;
  }
  handler_.on_connection_opened();
  auto session = std::make_unique<Http1Session>(
      *this, net::make_plain_stream(std::move(connection)), peer,
      per_client == 0 ? Http1Session::Admission::kByListener : Http1Session::Admission::kByListenerAndClient);
  if (session->open()) {
    static_cast<void>(session.release());  // the list of sessions has it
  } else {
    log::error("connection_not_watched", {{"error", std::generic_category().message(errno)}});
  }
}

void SessionHost::refuse(net::UniqueFd connection, const Peer& peer, ConnectionLimits::Verdict verdict) {
  const bool told = refused_ < kRefusedSessions;
  handler_.on_refusal({told ? 503 : 0, reason_of(verdict), peer, 0, told ? kFullAnswer.size() : 0, worker_.now()});
  if (!told) return;
  auto session = std::make_unique<Http1Session>(*this, net::make_plain_stream(std::move(connection)), peer,
                                                Http1Session::Admission::kRefused);
  if (session->open_to_refuse(kFullAnswer)) static_cast<void>(session.release());
}

void SessionHost::release(const IpAddress& client, bool counted_by_client) {
  limits_->release(client, counted_by_client ? 1 : 0);
}

std::shared_ptr<void> SessionHost::make_permit(const IpAddress& client, bool counted_by_client) {
  struct Permit {
    ~Permit() { limits->release(client, counted_by_client ? 1 : 0); }
    std::shared_ptr<ConnectionLimits> limits;
    IpAddress client;
    bool counted_by_client;
  };
  // In place: no copy may give it back twice.
  const auto permit = std::make_shared<Permit>();
  permit->client = client;
  permit->counted_by_client = counted_by_client;
  permit->limits = limits_;
  return permit;
}

void SessionHost::link(Http1Session& session) {
  session.next_ = sessions_;
  if (sessions_ != nullptr) sessions_->previous_ = &session;
  sessions_ = &session;
  ++count_;
  if (session.admission() == Http1Session::Admission::kRefused) ++refused_;
}

void SessionHost::unlink(Http1Session& session) {
  (session.previous_ == nullptr ? sessions_ : session.previous_->next_) = session.next_;
  if (session.next_ != nullptr) session.next_->previous_ = session.previous_;
  --count_;
  if (session.admission() == Http1Session::Admission::kRefused) --refused_;
}

void SessionHost::push(Queue& queue, Http1Session& session) {
  session.queued_ = true;
  session.next_queued_ = nullptr;
  (queue.last == nullptr ? queue.first : queue.last->next_queued_) = &session;
  queue.last = &session;
}

void SessionHost::run_soon(Http1Session& session) {
  if (session.queued_) return;
  push(queue_, session);
  soon_.wake();
}

void SessionHost::run_next_turn(Http1Session& session) {
  if (session.queued_) return;
  push(next_turn_, session);
  if (std::exchange(turn_posted_, true)) return;
  // By way of the worker's queue: the reactor looks at all descriptors before it comes round.
  worker_.post([weak = std::weak_ptr(self_)] {
    if (const auto self = weak.lock()) (*self)->end_turn();
  });
}

void SessionHost::end_turn() {
  turn_posted_ = false;
  if (next_turn_.first == nullptr) return;
  (queue_.last == nullptr ? queue_.first : queue_.last->next_queued_) = next_turn_.first;
  queue_.last = next_turn_.last;
  next_turn_ = {};
  soon_.wake();
}

net::Task<void> SessionHost::run_queue() {
  while (true) {
    co_await soon_;
    while (queue_.first != nullptr) {
      Http1Session& session = *queue_.first;
      queue_.first = session.next_queued_;
      if (queue_.first == nullptr) queue_.last = nullptr;
      session.queued_ = false;
      if (session.go_on() == Http1Session::Next::kDelete) delete &session;
    }
  }
}

std::unique_ptr<Http1Exchange> SessionHost::take_exchange() {
  if (spare_exchanges_.empty()) return std::make_unique<Http1Exchange>(*this);
  std::unique_ptr<Http1Exchange> exchange = std::move(spare_exchanges_.back());
  spare_exchanges_.pop_back();
  return exchange;
}

void SessionHost::give_exchange(std::unique_ptr<Http1Exchange> exchange) {
  exchange->reset();
  if (spare_exchanges_.size() < kSpareExchanges) spare_exchanges_.push_back(std::move(exchange));
}

bool SessionHost::answers_gather() {
  if (answer_turn_ != worker_.now()) {
    answer_turn_ = worker_.now();
    answered_in_turn_ = false;
  }
  return std::exchange(answered_in_turn_, true);
}

std::string_view SessionHost::date() {
  if (worker_.now() >= date_until_) {
    const auto wall = std::chrono::system_clock::now();
    const auto second = std::chrono::floor<std::chrono::seconds>(wall);
    write_date(date_, std::chrono::system_clock::to_time_t(second));
    date_until_ = worker_.now() + std::chrono::duration_cast<Duration>(second + std::chrono::seconds(1) - wall);
  }
  return {date_.data(), date_.size()};
}

}  // namespace gatehouse::http
