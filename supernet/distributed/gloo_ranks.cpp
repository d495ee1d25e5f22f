#include "supernet/distributed/ranks.hpp"

#ifdef THIMBLE_WITH_GLOO

#define AT_PER_OPERATOR_HEADERS
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cstdlib>
#include <thread>

namespace thimble {
namespace {

/// Without LibTorch's backtrace.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

constexpr std::chrono::minutes kStepPatience(5);  // for a rank that does not answer, but whose host does not say so

/// The network interface that Gloo talks over.
auto device_for(const std::string& address) {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface) return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  const bool local = address == "127.0.0.1" || address == "localhost";
  return local ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
               : c10d::ProcessGroupGloo::createDefaultDevice();
}

constexpr std::chrono::seconds kFarewell(10);  // for ranks that may be gone already
constexpr char kLeft[] = "left";

class GlooRanks final : public Ranks {
 public:
  GlooRanks(const RankPlace& place, std::chrono::seconds patience) : place_(place) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(place.port);
    options.isServer = place.rank == 0;
    options.numWorkers = place.count;
    options.timeout = patience;
    store_ = c10::make_intrusive<c10d::TCPStore>(place.address, options);
    auto gloo = c10d::ProcessGroupGloo::Options::create();
    gloo->timeout = kStepPatience;
    gloo->devices.push_back(device_for(place.address));
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, place.rank, place.count, gloo);
  }

  int rank() const override { return place_.rank; }
  int count() const override { return place_.count; }

  void sum(std::vector<float>& values) override {
    try {
      std::vector<at::Tensor> tensors{
          at::from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, at::TensorOptions(at::kFloat))};
      group_->allreduce(tensors)->wait();
    } catch (const std::exception& failure) {
      throw RankLost("rank " + std::to_string(place_.rank) + " of " + std::to_string(place_.count) +
                     ": another rank does not answer: " + first_line(failure.what()));
    }
  }

  void announce(const std::string& text) override { store_->set(next_key(), {text.begin(), text.end()}); }

  std::string next_announcement() override {
    const std::string key = next_key();
    for (;;) {
      try {
        store_->wait({key}, kStepPatience);
        const std::vector<std::uint8_t> text = store_->get(key);
        return {text.begin(), text.end()};
      } catch (const std::exception& failure) {
        if (!alive())
          throw RankLost("rank " + std::to_string(place_.rank) + ": rank 0 is gone: " + first_line(failure.what()));
      }
    }
  }

  void leave() override {
    store_->add(kLeft, 1);
    const auto until = std::chrono::steady_clock::now() + kFarewell;
    while (place_.rank == 0 && store_->add(kLeft, 0) < place_.count && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

 private:
  /// By a question that only the store's owner can answer.
  bool alive() const {
    try {
      store_->getNumKeys();
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  std::string next_key() { return "announcement " + std::to_string(announcements_++); }

  RankPlace place_;
  c10::intrusive_ptr<c10d::TCPStore> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  int announcements_ = 0;
};

}  // namespace

std::unique_ptr<Ranks> join_ranks(const RankPlace& place, std::chrono::seconds patience) {
  try {
    return std::make_unique<GlooRanks>(place, patience);
  } catch (const std::exception& failure) {
    throw Error("rank " + std::to_string(place.rank) + " of " + std::to_string(place.count) + " cannot join at " +
                place.address + ":" + std::to_string(place.port) + ": " + first_line(failure.what()));
  }
}

}  // namespace thimble

#else

namespace thimble {

std::unique_ptr<Ranks> join_ranks(const RankPlace&, std::chrono::seconds) {
  throw Error("this Thimble trains on one process: it was built without LibTorch's Gloo (apt install libgloo-dev)");
}

}  // namespace thimble

#endif
