#include "gatehouse/dynamo/engine/remote_engine.hpp"

#include "remote_client.hpp"

#include <utility>

namespace gatehouse::dynamo {

struct RemoteEngine::Impl {
  std::unique_ptr<RemoteClient> client;
};

RemoteEngine::RemoteEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RemoteEngine::~RemoteEngine() = default;

Result<std::unique_ptr<RemoteEngine>> RemoteEngine::open(const RemoteSettings& settings, const Clock& clock) {
  auto client = RemoteClient::open(settings, {}, clock);
  if (!client) return client.error();
  return std::unique_ptr<RemoteEngine>(new RemoteEngine(std::make_unique<Impl>(Impl{std::move(*client)})));
}

net::Task<void> RemoteEngine::execute(Call& call) { return impl_->client->execute(call); }

int RemoteEngine::execute_blocking(Operation operation, std::string_view body, std::string& answer) {
  return impl_->client->execute_blocking(operation, body, answer);
}

void RemoteEngine::close() { impl_->client->close(); }

}  // namespace gatehouse::dynamo
