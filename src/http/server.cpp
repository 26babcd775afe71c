// The public face of the session host.
#include "gatehouse/http/server.hpp"

#include "session_host.hpp"

#include <utility>

namespace gatehouse::http {

struct Server::Impl {
  SessionHost host;
};

Server::Server(net::Worker& worker, std::shared_ptr<ConnectionLimits> limits, Handler& handler, ServerSettings settings,
               IpSet trusted_proxies)
    : impl_(new Impl{SessionHost(worker, std::move(limits), handler, settings, std::move(trusted_proxies))}) {}

Server::~Server() = default;

void Server::accept(net::UniqueFd connection, const Endpoint& peer) { impl_->host.accept(std::move(connection), peer); }

void Server::update(ServerSettings settings, IpSet trusted_proxies) {
  impl_->host.update(settings, std::move(trusted_proxies));
}

void Server::drain() { impl_->host.drain(); }

std::size_t Server::connections() const { return impl_->host.sessions(); }

}  // namespace gatehouse::http
