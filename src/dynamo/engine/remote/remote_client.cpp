#include "remote_client.hpp"

#include "gatehouse/dynamo/wire/fault.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace gatehouse::dynamo {
namespace {

// The engine's thread ends what is late; this is for a thread that does not come round to it.
constexpr Duration kGrace = std::chrono::seconds(1);
constexpr std::string_view kClosed = "The store is closed";
constexpr std::string_view kFull = "Too many requests wait for the store. Try again later";

int answer_fault(FaultType type, std::string_view message, std::string& answer) {
  Fault(type, std::string(message)).write(answer);
  return fault_status(type);
}

int answer_late(Operation operation, std::string& answer) {
  if (!is_write(operation)) return answer_fault(FaultType::kServiceUnavailable, "The store did not answer in time", answer);
  return answer_fault(FaultType::kInternalServerError,
                      "The store did not answer in time: it is not known whether the request has been carried out", answer);
}

// In the caller's frame, which may be destroyed while the job runs.
class Waiting final : private net::Timer {
 public:
  Waiting(Job& job, Call& call) : job_(job), waiter_(call.waiter) {
    job.wake(call.worker, call.waiter);
    if (call.deadline != TimePoint::max()) call.worker.timers().arm(*this, call.deadline + kGrace);
  }
  ~Waiting() override { job_.abandon(); }
  bool late() const { return late_; }

 private:
  void on_timer() override {
    late_ = true;
    waiter_.wake();
  }
  Job& job_;
  net::Waiter& waiter_;
  bool late_ = false;
};

Result<RemoteBackends> prepare(const RemoteSettings& settings, const Clock& clock) {
  const std::vector<std::string> urls = settings.endpoints.empty() ? std::vector{amazon_url(settings.region)} : settings.endpoints;
  auto tables = Nodes::prepare(settings, urls, clock);
  if (!tables) return tables.error();
  RemoteBackends backends{std::move(*tables), nullptr};
  const auto streams_at = streams_url(urls.front());
  if (!streams_at) return backends;
  auto streams = Nodes::prepare(settings, {*streams_at}, clock);
  if (!streams) return streams.error();
  backends.streams = std::move(*streams);
  return backends;
}

}  // namespace

RemoteClient::RemoteClient(const RemoteSettings& settings, RemoteOptions options)
    : settings_(settings), options_(std::move(options)), gate_(options_.most_jobs, options_.most_bytes) {}

Result<std::unique_ptr<RemoteClient>> RemoteClient::open(const RemoteSettings& settings, RemoteOptions options, const Clock& clock) {
  std::unique_ptr<RemoteClient> client(new RemoteClient(settings, std::move(options)));
  auto backends = prepare(client->settings_, clock);
  if (!backends) return backends.error();
  client->session_ =
      std::make_unique<RemoteSession>(client->settings_, client->options_, std::move(*backends), clock, client->worker_);
  client->worker_.post([session = client->session_.get()] { session->begin_discovery(); });
  client->thread_ = std::thread([self = client.get()] { self->worker_.run(); });
  return client;
}

RemoteClient::~RemoteClient() { close(); }

// Under the lock, so that nothing is posted behind close().
bool RemoteClient::submit(const std::shared_ptr<Job>& job, std::string& refusal) {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    refusal = kClosed;
    return false;
  }
  std::shared_ptr<JobGate::Ticket> ticket = gate_.enter(job->body().size());
  if (!ticket) {
    refusal = kFull;
    return false;
  }
  worker_.post([this, job, ticket] { session_->run(job, ticket); });
  return true;
}

net::Task<void> RemoteClient::execute(Call& call) {
  const auto job = std::make_shared<Job>(call.operation, call.body, std::min(call.deadline, deadline()));
  const Waiting waiting(*job, call);
  std::string refusal;
  if (!submit(job, refusal)) {
    call.status = answer_fault(FaultType::kServiceUnavailable, refusal, call.answer);
    co_return;
  }
  while (!job->done()) {
    if (waiting.late()) {
      call.status = answer_late(call.operation, call.answer);
      co_return;
    }
    co_await call.waiter;
  }
  call.status = job->status();
  call.answer += job->answer();
}

int RemoteClient::execute_blocking(Operation operation, std::string_view body, std::string& answer) {
  const auto job = std::make_shared<Job>(operation, body, deadline());
  std::string refusal;
  if (!submit(job, refusal)) return answer_fault(FaultType::kServiceUnavailable, refusal, answer);
  if (!job->wait_until(job->deadline() + kGrace)) {
    job->abandon();
    return answer_late(operation, answer);
  }
  answer += job->answer();
  return job->status();
}

void RemoteClient::close() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
  }
  if (!thread_.joinable()) return;
  worker_.post([this] {
    session_.reset();
    worker_.stop();
  });
  thread_.join();
}

}  // namespace gatehouse::dynamo
