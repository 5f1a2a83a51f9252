import Settings

/// Loads a file called proxy.json.
func load(_ text: String, directory: String? = nil) throws(SettingsErrors) -> Settings {
    try Settings.load(text: Array(text.utf8), file: "proxy.json", directory: directory)
}

/// Loads a file of `sections` and a provider.
func load(with sections: String) throws(SettingsErrors) -> Settings {
    try load("{\(sections), \(Sample.provider)}")
}

enum Sample {
    /// A section `oidc` that is good.
    static let provider = #""oidc": {"discovery": "https://id.example.com/tenant/.well-known/openid-configuration"}"#

    /// What everyone's scripts rely on: it must go on working, word for word.
    static let skeleton = """
        {
          "proxySettings": { "proxyWorkerProcesses": "1", "proxyWorkerConnections": "1024", "keepaliveTimeout": "120",
                             "wssProxyBindPort": "10000", "oAuthProxyBindPort": "11080", "proxyPortScaleFactor": "1000",
                             "websockifyConnectTimeout": "30s", "websockifyReadTimeout": "60s", "websockifySendTimeout": "60s" },
          "backend": { "host": "127.0.0.1" },
          "oidc":    { "discovery": "http://127.0.0.1:10080/awsexample/.well-known/openid-configuration",
                       "audience": [], "leeway": "60s", "rejectStatus": 403, "tokenSources": ["header"] },
          "tls":     { "certificate": "certs/servercert.pem", "key": "certs/serverkey.pem" },
          "logs":    { "directory": "logs", "level": "error" },
          "admin":   { "address": "127.0.0.1", "port": 11090 },
          "security": { "user": "secure-proxy" },
          "mockServers": { "tcpServerPort": "9000", "oAuthServerPort": "10080" }
        }

        """

    /// The sections that the AWS sample's own file has for the proxy.
    static let predecessor = """
        {
          "proxySettings": {
            "jailBaseDir": "/nginx",
            "proxyBaseDir": "/etc/nginx",
            "proxyWorkerProcesses": "1",
            "proxyWorkerConnections": "20",
            "proxyCloudwatchLogGroup": "SecureProxy",
            "keepaliveTimeout": "120",
            "wssProxyBindPort": "10000",
            "oAuthProxyBindPort": "11080",
            "kernel_ports_range_start": "32768",
            "kernel_ports_range_end": "61000",
            "proxyPortScaleFactor": "1000",
            "websockifyConnectTimeout": "30s",
            "websockifyReadTimeout": "60s",
            "websockifySendTimeout": "60s"
          },
          "mockServers": { "tcpServerPort": "9000", "oAuthServerPort": "10080" },
          "oidc": { "discovery": "http://10.0.0.7:10080/awsexample/.well-known/openid-configuration" }
        }
        """
}
