//! A real Prometheus reads the metrics, whichever of the two formats it is told that
//! they are.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::director::{ipvsadm, place, restore};
use crate::metrics::of_prometheus;
use crate::net::wait_up_to;
use crate::support::{TIMEOUT, finish};

/// Serves the file of its first word under a path for each format.
const SERVER: &str = r"
import http.server, sys
KINDS = {'/text': 'text/plain; version=0.0.4',
         '/openmetrics': 'application/openmetrics-text; version=1.0.0; charset=utf-8'}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', KINDS[self.path])
        self.end_headers()
        self.wfile.write(open(sys.argv[1], 'rb').read())
http.server.HTTPServer(('127.0.0.1', 9110), Handler).serve_forever()
";

const CONFIGURATION: &str = "\
global: {scrape_interval: 1s}
scrape_configs:
- {job_name: text, metrics_path: /text, static_configs: [{targets: ['127.0.0.1:9110']}]}
- {job_name: openmetrics, metrics_path: /openmetrics, static_configs: [{targets: ['127.0.0.1:9110']}]}
";

/// A program that ends with the test.
struct Running(Child);

impl Running {
    fn start(mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What Prometheus answers; nothing while it does not.
fn asked(path: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-s", "-g", "-m", "10"]);
    curl.arg(format!("http://127.0.0.1:9090/api/v1/{path}"));
    finish(curl, b"", TIMEOUT).stdout
}

#[test]
fn prometheus_reads_both_formats_with_types_and_help() {
    let place = place();
    restore("-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.1.0.2 -m -w 7\n-A -f 7 -6\n");
    let file = place.folder().join("ipvs.prom");
    ipvsadm(&format!("-L --openmetrics --output {}", file.display()));
    let configuration = place.folder().join("prometheus.yml");
    fs::write(&configuration, CONFIGURATION).unwrap();

    let mut server = Command::new("python3");
    server.args(["-c", SERVER]).arg(&file);
    let _server = Running::start(server);
    let mut prometheus = of_prometheus("prometheus");
    prometheus
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            place.folder().join("data").display()
        ))
        .arg("--web.listen-address=127.0.0.1:9090");
    let _prometheus = Running::start(prometheus);

    wait_up_to(Duration::from_secs(120), "Prometheus has both", || {
        let answer = asked("query?query=ipvs_server_weight");
        ["text", "openmetrics"].iter().all(|job| {
            let job = format!("\"job\":\"{job}\"");
            answer.contains(&job) && answer.contains("\"server_address\":\"10.1.0.2\"")
        })
    });
    let metadata = asked("targets/metadata?metric=ipvs_server_connections_total");
    let known =
        "\"type\":\"counter\",\"help\":\"Connections scheduled, of a server in a service.\"";
    assert_eq!(metadata.matches(known).count(), 2, "{metadata}");
}
