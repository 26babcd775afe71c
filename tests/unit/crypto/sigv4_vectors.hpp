// The requests of data/sigv4_vectors.json, and small ones made here.
#pragma once

#include "gatehouse/crypto/sigv4.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::crypto {

// A request that owns its texts, so that a test may change any of them.
struct OwnedRequest {
  std::string name, kind, service, method, path, query, body, token;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<SigV4Header> views;

  SigV4Request view() {
    views.clear();
    for (const auto& [header, value] : headers) views.push_back({header, value});
    return {method, path, query, views, body};
  }
  std::string& header(std::string_view wanted) {
    for (auto& [header, value] : headers)
      if (header == wanted) return value;
    return headers.emplace_back(std::string(wanted), "").second;
  }
};

inline constexpr std::string_view kVectorSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
inline constexpr std::string_view kVectorAccess = "AKIDEXAMPLE";

inline WallTime vector_time() {
  using namespace std::chrono;
  return sys_days(year(2015) / 8 / 30) + hours(12) + minutes(36);
}

inline std::vector<OwnedRequest> read_sigv4_vectors() {
  std::ifstream file("tests/unit/crypto/data/sigv4_vectors.json");
  const auto json = nlohmann::json::parse(file);
  std::vector<OwnedRequest> vectors;
  for (const auto& entry : json.at("vectors")) {
    OwnedRequest& request = vectors.emplace_back();
    request = {entry.at("name"), entry.at("kind"),  entry.at("service"), entry.at("method"), entry.at("path"),
               entry.at("query"), entry.at("body"), entry.at("token"),   {},                 {}};
    for (const auto& header : entry.at("headers")) request.headers.emplace_back(header.at(0), header.at(1));
  }
  return vectors;
}

inline const std::vector<OwnedRequest>& sigv4_vectors() {
  static const std::vector<OwnedRequest> vectors = read_sigv4_vectors();
  return vectors;
}

inline OwnedRequest sigv4_vector(std::string_view name) {
  for (const auto& request : sigv4_vectors())
    if (request.name == name) return request;
  throw std::runtime_error("no vector " + std::string(name));
}

}  // namespace gatehouse::crypto
