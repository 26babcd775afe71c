#include "gatehouse/redis/client.hpp"

#include "gatehouse/net/socket_address.hpp"
#include "reply_reader.hpp"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

namespace gatehouse::redis {
namespace {

constexpr std::size_t kMostAddresses = 4;

}  // namespace

// What the resolver answers, perhaps after the client is gone.
struct Client::Lookup {
  std::optional<Result<net::Resolved>> answer;
  net::Waiter* waiter = nullptr;
};

Client::Client(net::Worker& worker, net::Resolver& resolver, Settings settings, std::shared_ptr<const net::TlsClientContext> tls,
               std::size_t largest_reply)
    : worker_(worker),
      resolver_(resolver),
      settings_(std::move(settings)),
      tls_(std::move(tls)),
      largest_reply_(largest_reply),
      waiter_(worker.ready()) {}

Client::~Client() { close(); }

void Client::close() {
  worker_.timers().disarm(*this);
  if (lookup_) std::exchange(lookup_, nullptr)->waiter = nullptr;
  if (stream_ != nullptr) {
    worker_.reactor().remove(stream_->fd(), *this);
  } else if (fd_) {
    worker_.reactor().remove(fd_.get(), *this);
  }
  stream_.reset();
  fd_.reset();
  reader_.reset();
  out_.clear();
  sent_ = appended_ = 0;
}

void Client::on_io(std::uint32_t events) {
  events_ |= events;
  if (stream_ != nullptr) stream_->note(events);
  waiter_.wake();
  if (idle_ != nullptr) idle_->wake();
}

void Client::on_timer() {
  late_ = true;
  waiter_.wake();
}

void Client::start_clock() {
  late_ = false;
  worker_.timers().arm(*this, worker_.now() + settings_.timeout);
}

Error Client::fail(Error error) {
  close();
  return error;
}

Error Client::failed(std::string_view what, int error) {
  return fail({ErrorKind::kRefused, ErrorSource::kUpstream, "redis_unreachable",
               std::string(what) + ": " + std::generic_category().message(error), Retry::kAllowed});
}

Error Client::late(std::string_view what) {
  return fail({ErrorKind::kTimeout, ErrorSource::kUpstream, "redis_timeout", std::string(what) + " took too long", Retry::kAllowed});
}

net::Task<Result<void>> Client::connect() {
  close();
  start_clock();
  net::Task<Result<std::vector<IpAddress>>> looking_up = look_up();
  const Result<std::vector<IpAddress>> addresses = co_await looking_up;
  if (!addresses) co_return fail(addresses.error());
  Result<void> opened;
  for (std::size_t i = 0; i < addresses->size() && i < kMostAddresses; ++i) {
    if (i > 0) start_clock();
    net::Task<Result<void>> opening = open((*addresses)[i]);
    opened = co_await opening;
    if (opened) break;
  }
  if (!opened) co_return opened.error();
  net::Task<Result<void>> entering = enter();
  co_return co_await entering;
}

net::Task<Result<std::vector<IpAddress>>> Client::look_up() {
  lookup_ = std::make_shared<Lookup>();
  lookup_->waiter = &waiter_;
  resolver_.resolve(settings_.host, [lookup = lookup_](Result<net::Resolved> answer) {
    lookup->answer.emplace(std::move(answer));
    if (lookup->waiter != nullptr) lookup->waiter->wake();
  });
  while (!lookup_->answer && !late_) co_await waiter_;
  if (!lookup_->answer) co_return late("looking up " + settings_.host);
  if (!*lookup_->answer) co_return lookup_->answer->error();
  co_return (*lookup_->answer)->addresses;
}

net::Task<Result<void>> Client::open(IpAddress address) {
  fd_.reset(::socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) co_return failed("socket", errno);
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_storage to;
  const socklen_t size = net::to_sockaddr({address, settings_.port}, to);
  const std::string where = Endpoint{address, settings_.port}.to_string();
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to), size) != 0 && errno != EINPROGRESS) co_return failed(where, errno);
  events_ = 0;
  if (!worker_.reactor().add(fd_.get(), *this)) co_return failed("watching the socket", errno);
  while ((events_ & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0 && !late_) co_await waiter_;
  if (late_) co_return late(where);
  int error = 0;
  socklen_t length = sizeof(error);
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) co_return failed(where, error);
  stream_ = settings_.tls ? tls_->connect(std::move(fd_), settings_.host) : net::make_plain_stream(std::move(fd_));
  reader_ = std::make_unique<ReplyReader>(largest_reply_);
  net::Task<Result<void>> shaking = shake_hands();
  co_return co_await shaking;
}

net::Task<Result<void>> Client::shake_hands() {
  while (!late_) {
    const net::IoResult result = stream_->handshake();
    if (result.status == net::IoStatus::kOk) co_return Result<void>();
    if (result.status != net::IoStatus::kBlocked) {
      co_return fail({ErrorKind::kProtocol, ErrorSource::kUpstream, "redis_unreachable", "TLS handshake: " + stream_->last_error()});
    }
    co_await waiter_;
  }
  co_return late("the TLS handshake");
}

net::Task<Result<void>> Client::enter() {
  using Words = std::vector<std::string_view>;
  const std::string database = std::to_string(settings_.database);
  if (!settings_.password.empty())
    append(settings_.user.empty() ? Words{"AUTH", settings_.password} : Words{"AUTH", settings_.user, settings_.password});
  if (settings_.database > 0) append(Words{"SELECT", database});
  append(Words{"PING"});
  net::Task<Result<Replies>> asking = exchange();
  const Result<Replies> replies = co_await asking;
  if (!replies) co_return replies.error();
  for (const Reply& reply : *replies) {
    if (reply.kind == Reply::Kind::kError)
      co_return fail({ErrorKind::kRefused, ErrorSource::kUpstream, "redis_refused", reply.text});
  }
  co_return Result<void>();
}

void Client::append(std::span<const std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* command = nullptr;
  const int size = redisFormatCommandArgv(&command, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  out_.append(command, static_cast<std::size_t>(size));
  redisFreeCommand(command);
  ++appended_;
}

Error Client::broke() {
  return fail({ErrorKind::kReset, ErrorSource::kUpstream, "redis_unreachable", "the connection broke: " + stream_->last_error(),
               Retry::kAllowed});
}

Error Client::no_redis(std::string problem) {
  return fail({ErrorKind::kProtocol, ErrorSource::kUpstream, "redis_protocol", std::move(problem)});
}

// Sends what the system takes and reads once. What is wrong with what came shows when the reader is asked.
Client::Progress Client::move_some() {
  while (sent_ < out_.size() && stream_->may_write()) {
    const iovec rest{out_.data() + sent_, out_.size() - sent_};
    const net::IoResult result = stream_->write({&rest, 1});
    if (result.status == net::IoStatus::kBlocked) break;
    if (result.status != net::IoStatus::kOk) return Progress::kBroken;
    sent_ += result.bytes;
  }
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  }
  if (!stream_->may_read()) return Progress::kWaiting;
  const auto buffer = worker_.receive_buffer();
  const net::IoResult result = stream_->read(buffer);
  if (result.status == net::IoStatus::kBlocked) return Progress::kWaiting;
  if (result.status != net::IoStatus::kOk) return Progress::kBroken;
  reader_->feed({buffer.data(), result.bytes});
  return Progress::kReceived;
}

net::Task<Result<Replies>> Client::exchange() {
  start_clock();
  const std::size_t expected = std::exchange(appended_, 0);
  Replies replies;
  replies.reserve(expected);
  while (replies.size() < expected) {
    std::optional<Reply> reply;
    if (!reader_->next(reply)) co_return no_redis(reader_->problem());
    if (reply) {
      replies.push_back(std::move(*reply));
      continue;
    }
    const Progress progress = move_some();
    if (progress == Progress::kBroken) co_return broke();
    if (progress == Progress::kReceived) continue;
    if (late_) co_return late("an answer");
    co_await waiter_;
  }
  worker_.timers().disarm(*this);
  if (!reader_->empty()) co_return no_redis("more replies than commands");
  co_return replies;
}

Result<void> Client::look() {
  Progress progress = Progress::kReceived;
  while (progress == Progress::kReceived && reader_->empty()) progress = move_some();
  if (progress == Progress::kBroken) return broke();
  if (!reader_->empty()) return no_redis("a reply without a command");
  return {};
}

net::Task<Result<std::optional<Reply>>> Client::next(TimePoint until) {
  appended_ = 0;
  late_ = false;
  worker_.timers().arm(*this, until);
  std::optional<Reply> reply;
  while (!reply) {
    if (!reader_->next(reply)) co_return no_redis(reader_->problem());
    if (reply) break;
    const Progress progress = move_some();
    if (progress == Progress::kBroken) co_return broke();
    if (progress == Progress::kReceived) continue;
    if (late_) break;
    co_await waiter_;
  }
  worker_.timers().disarm(*this);
  co_return reply;
}

}  // namespace gatehouse::redis
