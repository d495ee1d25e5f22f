#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/stop.hpp"
#include "cli/unknown_words.hpp"
#include "graph/base/error.hpp"

namespace thimble {
namespace {

constexpr int kFailed = 1, kBadInput = 2, kDoesNotFit = 3, kBoardTrouble = 4, kInterrupted = 130;

int complain(int code, const std::string& message) {
  std::fprintf(stderr, "thimble: %s\n", message.c_str());
  return code;
}

int exit_code_of(const std::function<int()>& command) {
  try {
    return command();
  } catch (const ConfigError& e) {
    return complain(kBadInput, e.what());
  } catch (const DoesNotFitError& e) {
    return complain(kDoesNotFit, e.what());
  } catch (const BoardError& e) {
    return complain(kBoardTrouble, e.what());
  } catch (const Interrupted& e) {
    return complain(kInterrupted, e.what());
  } catch (const std::exception& e) {
    return complain(kFailed, e.what());
  }
}

/// The code, unless the user stopped us (whatever broke then) or the results could not be written.
int final_code(int code) {
  if (code != 0 && stop_flag()) return kInterrupted;
  if (std::fflush(stdout) != 0 && code == 0) return complain(kFailed, "standard output cannot be written");
  return code;
}

constexpr const char* kQuiet = "no progress on stderr";
constexpr const char* kModelHelp =
    "a .tflite file, a published network configuration (.json; its weights are random), or RUN (its winner), or "
    "RUN:SUBNET";
constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 failed, 2 bad input, 3 nothing fits, 4 board trouble, 130 interrupted.";

class CommandLine {
 public:
  CommandLine()
      : app_(
            "Thimble finds the most accurate neural network that fits a microcontroller, and hands it over as "
            "firmware.",
            "thimble") {
    app_.set_version_flag("--version", THIMBLE_VERSION);
    app_.add_flag("--quiet,-q", quiet_, kQuiet);
    app_.require_subcommand(1);
    add_jobs();
    add_models();
    add_latency_model();
    add_predictor();
    add_rest();
    for (CLI::App* sub : app_.get_subcommands([](const CLI::App*) { return true; })) {
      sub->add_flag("--quiet,-q", quiet_, kQuiet);
      sub->footer(kExitCodes);
    }
    app_.footer(kExitCodes);
  }

  int parse_and_run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      return explain(e);
    }
    Progress::set_quiet(quiet_);
    return final_code(exit_code_of(command_));
  }

 private:
  /// Help, the version, or what is wrong with the command line.
  int explain(const CLI::ParseError& e) {
    const std::vector<ConfigIssue> issues = unknown_words(app_);
    if (e.get_exit_code() != 0 && !issues.empty()) return complain(kBadInput, to_text(issues));
    return app_.exit(e) == 0 ? 0 : kBadInput;
  }

  CLI::App* add_job_options(const char* name, const char* what) {
    CLI::App* sub = app_.add_subcommand(name, what);
    sub->add_option("JOB", run_.job, "job file")->required();
    sub->add_option("--set", run_.settings, "a.b=c: overrides a key of the job; may be repeated")
        ->allow_extra_args(false);
    sub->add_option("--runs", run_.runs, "folder that holds the runs")->capture_default_str();
    sub->add_flag("--json", run_.json, "print the results as JSON and nothing else");
    return sub;
  }

  CLI::App* add_resume(CLI::App* sub) {
    sub->add_flag(std::string("--resume{") + kNewestRun + "}", run_.resume,
                  "continue the job's newest run, or that of --resume=RUN");
    return sub;
  }

  void add_job(const char* name, const char* what, JobStage last) {
    CLI::App* sub = add_job_options(name, what);
    if (last == JobStage::kAll) add_resume(sub);
    if (last != JobStage::kSpace)
      sub->add_option("--ranks", run_.ranks, "processes of this machine that train the supernet together")
          ->check(CLI::Range(1, 64))
          ->capture_default_str();
    sub->callback([this, last] { command_ = [this, last] { return run_command(run_, last); }; });
  }

  void add_jobs() {
    add_job("run", "the whole job: space, train, search, deploy, verify, report", JobStage::kAll);
    add_job("space", "prune the search space by its FLOPs CDF", JobStage::kSpace);
    add_job("train", "train the supernet (and what comes before)", JobStage::kTrain);
    add_job("search", "search it (and what comes before)", JobStage::kSearch);
    add_resume(add_job_options("sweep", "measure many subnets on many boards, over night if need be"))
        ->callback([this] { command_ = [this] { return sweep_command(run_); }; });
  }

  CLI::App* add_model(const char* name, const char* what, int (*command)(const ModelOptions&)) {
    CLI::App* sub = app_.add_subcommand(name, what);
    sub->add_option("MODEL", model_.model, kModelHelp)->required();
    sub->add_flag("--json", model_.json, "print one JSON document and nothing else");
    sub->callback([this, command] { command_ = [this, command] { return command(model_); }; });
    return sub;
  }

  void add_plan_options(CLI::App* sub) {
    sub->add_option("--mode", model_.mode, "kernels for speed or for size")
        ->check(CLI::IsMember({"speed", "size"}))
        ->capture_default_str();
    sub->add_option("--flash-budget", model_.flash_budget, "bytes of flash for weights and code; 0: all of the board's")
        ->check(CLI::NonNegativeNumber);
  }

  void add_force(CLI::App* sub) {
    sub->add_flag("--force", model_.force, "replace files there that were changed, or that are not ours");
  }

  void add_models() {
    for (CLI::App* sub : {add_model("inspect", "static check: operators, MACs, SRAM, flash", inspect_command),
                          add_model("profile", "run it on a board: cycles per layer, totals, stack", profile_command)})
      sub->add_option("--board", model_.board, "a board's name or file")->capture_default_str(), add_plan_options(sub);
    app_.get_subcommand("profile")
        ->add_option("--cache", model_.cache, "caches before each run; without caches the two are one")
        ->check(CLI::IsMember({"warm", "cold"}))
        ->capture_default_str();
    CLI::App* deploy = add_model("deploy", "C code and a firmware project that builds by itself", deploy_command);
    deploy->add_option("--board", model_.board, "a board's name or file")->capture_default_str();
    deploy->add_option("--out", model_.out, "folder of the project; made where there is none")->required();
    add_force(deploy);
    add_plan_options(deploy);
    CLI::App* exported = add_model("export", "the int8 network as a .tflite, .onnx or C project", export_command);
    exported->add_option("--format", model_.format, "tflite, onnx or c")
        ->required()
        ->check(CLI::IsMember({"tflite", "onnx", "c"}));
    exported->add_option("--out", model_.out, "the file, or a folder for it; C: the project's folder");
    exported->add_option("--board", model_.board, "C: a board's name or file")->capture_default_str();
    add_force(exported);
    CLI::App* verify = add_model("verify", "bit for bit against the reference", verify_command);
    verify->add_option("--board", model_.board, "a board's name or file")->capture_default_str();
    add_plan_options(verify);
    verify->add_option("--inputs", model_.inputs, "raw int8 inputs, one case after the other");
    verify->add_option("--outputs", model_.outputs, "expected raw int8 outputs");
    verify->add_option("--layers", model_.layers_file, "expected crc32 of every operator's output (host)");
  }

  void add_latency_model() {
    CLI::App* sub =
        app_.add_subcommand("latency-model", "measure random subnets on a board, and fit a model that predicts others");
    sub->add_option("SPACE", latency_.source, "a space file, or a job")->required();
    sub->add_option("--board", latency_.board, "a board's name or file; default: the job's, else virtual-m4");
    sub->add_option("--out", latency_.out, "the file (JSON)")->required();
    sub->add_option("--networks", latency_.networks, "random subnets that are measured")
        ->check(CLI::Range(10, 100000))
        ->capture_default_str();
    sub->add_option("--mode", latency_.mode, "kernels for speed or for size; default: the job's, else speed")
        ->check(CLI::IsMember({"speed", "size"}));
    sub->add_option("--parallel", latency_.parallel, "virtual boards at once")->check(CLI::Range(1, 64));
    sub->add_option("--seed", latency_.seed, "which subnets are drawn")->capture_default_str();
    sub->add_option("--runs", latency_.runs, "folder of all runs; measurements are kept in its .cache")
        ->capture_default_str();
    sub->add_flag("--json", latency_.json, "print one JSON document and nothing else");
    sub->callback([this] { command_ = [this] { return latency_model_command(latency_); }; });
  }

  void add_predictor() {
    CLI::App* sub = app_.add_subcommand(
        "predictor", "measure the accuracy of random subnets, and fit a model that predicts that of others");
    sub->add_option("RUN", predictor_.source, "a run whose supernet is trained, or a job, which is trained first")
        ->required();
    sub->add_option("--out", predictor_.out, "the file (JSON)")->required();
    sub->add_option("--pairs", predictor_.pairs, "random subnets that are measured")
        ->check(CLI::Range(20, 100000))
        ->capture_default_str();
    sub->add_option("--seed", predictor_.seed, "which subnets are drawn and held out")->capture_default_str();
    sub->add_option("--set", predictor_.settings, "a.b=c: overrides a key of the job; may be repeated")
        ->allow_extra_args(false);
    sub->add_option("--runs", predictor_.runs, "folder that holds the runs, of a job")->capture_default_str();
    sub->add_flag("--resume", predictor_.resume, "continue the job's newest run; measured subnets are always kept");
    sub->add_flag("--json", predictor_.json, "print one JSON document and nothing else");
    sub->callback([this] { command_ = [this] { return predictor_command(predictor_); }; });
  }

  void add_rest() {
    CLI::App* report = app_.add_subcommand("report", "write the HTML report of a run again");
    report->add_option("RUN", path_, "folder of the run")->required();
    report->callback([this] { command_ = [this] { return report_command(path_); }; });
    CLI::App* replay = app_.add_subcommand("replay", "measure a finished front on another board");
    replay->add_option("RUN", path_, "folder of the run")->required();
    replay->add_option("--on", model_.board, "the board")->required();
    replay->add_flag("--json", json_, "print one JSON document and nothing else");
    replay->callback([this] { command_ = [this] { return replay_command(path_, model_.board, json_); }; });
    CLI::App* boards = app_.add_subcommand("boards", "the boards that are known");
    boards->add_option("ACTION", boards_.action, "list, check, lock, release or quarantine")
        ->check(CLI::IsMember({"list", "check", "lock", "release", "quarantine"}));
    boards->add_option("BOARD", boards_.boards, "boards' names or files; of list and check: all known ones");
    boards->add_option("--reason", boards_.reason, "lock, quarantine: what others shall read");
    boards->add_flag("--json", boards_.json, "print one JSON document and nothing else");
    boards->callback([this] { command_ = [this] { return boards_command(boards_); }; });
    CLI::App* doctor = app_.add_subcommand("doctor", "what is installed, what is missing, how to get it");
    doctor->add_flag("--json", json_, "print one JSON document and nothing else");
    doctor->callback([this] { command_ = [this] { return doctor_command(json_); }; });
    CLI::App* init = app_.add_subcommand("init", "write a commented job file");
    init->add_option("FILE", path_, "the file; default: job.yaml");
    init->callback([this] { command_ = [this] { return init_command(path_.empty() ? "job.yaml" : path_); }; });
  }

  CLI::App app_;
  bool quiet_ = false, json_ = false;
  JobOptions run_;
  ModelOptions model_;
  LatencyModelOptions latency_;
  PredictorCommandOptions predictor_;
  BoardsOptions boards_;
  std::string path_;
  std::function<int()> command_;
};

}  // namespace
}  // namespace thimble

int main(int argc, char** argv) {
  thimble::install_stop_handler();
  return thimble::CommandLine().parse_and_run(argc, argv);
}
