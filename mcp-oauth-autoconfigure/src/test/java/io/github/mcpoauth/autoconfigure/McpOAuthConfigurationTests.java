// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.IdentityProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.principal.SubjectToken;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * What is refused, warned of and said at start-up.
 */
@ExtendWith(OutputCaptureExtension.class)
class McpOAuthConfigurationTests {

	private static final String MY_SERVER = """
			mcp:
			  servers:
			    my-server:
			      url: https://mcp.example.com/mcp
			""";

	@Test
	void ofWhenSharedSettingsAreNotSetUsesTheDocumentedDefaults() {
		McpOAuthConfiguration configuration = ConfigurationText.yaml("a: b").map();
		assertThat(configuration.refresh()).isEqualTo(RefreshSettings.defaults());
		assertThat(configuration.protocol()).isEqualTo(ProtocolSettings.defaults());
	}

	@Test
	void ofWhenSharedSettingsAreSetMapsAll() {
		McpOAuthConfiguration configuration = ConfigurationText.yaml("""
				mcp:
				  oauth:
				    timeout: {recovery: 4, lock: 20s, token-endpoint: 15s, freshness-check: 0}
				    address-policy: {allow-private-addresses: true, allowed-hosts: [auth.internal, 10.0.0.0/8, '::1']}
				""").map();
		RefreshSettings refresh = configuration.refresh();
		assertThat(refresh.freshnessCheck()).isEqualTo(Duration.ZERO);
		assertThat(refresh.recoveryTimeout()).isEqualTo(Duration.ofSeconds(4));
		assertThat(refresh.lockTimeout()).isEqualTo(Duration.ofSeconds(20));
		assertThat(configuration.protocol().tokenTimeout()).isEqualTo(Duration.ofSeconds(15));
		assertThat(configuration.protocol().allowPrivateAddresses()).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "refresh.share,0.2,10 % of the lifetime", "refresh.shortest,10s,30 s", "refresh.longest,2m,5 min",
			"retry.initial,2s,1 s", "retry.max,30s,60 s", "retry.brake,20s,60 s", "timeout.connect,1s,5 s",
			"timeout.discovery,3s,10 s", "timeout.revocation,4s,15 s", "max-response-size,64KB,1 MB",
			"maxResponseSize,64KB,1 MB" })
	void ofWhenRemovedSettingIsSetSaysWhichValueHolds(String property, String value, String fixed) {
		assertThat(ConfigurationText.properties("mcp.oauth.%s=%s".formatted(property, value)).problem())
			.startsWith("mcp.oauth.%s | ".formatted(property))
			.contains("the value is always " + fixed)
			.endsWith("Remove it.");
	}

	@ParameterizedTest
	@MethodSource("brokenBlocks")
	void ofWhenOAuthBlockIsBrokenSaysWhatAndWhereAndWhatToDo(String block, String property, String reason,
			String action) {
		List<ConfigurationProblem> problems = ConfigurationText.oauth(block).problems();
		assertThat(problems).singleElement().satisfies((problem) -> {
			assertThat(problem.property()).isEqualTo("mcp.servers.linear.oauth." + property);
			assertThat(problem.origin()).contains("[application.yml] - ");
			assertThat(problem.reason()).contains(reason);
			assertThat(problem.action()).contains(action);
		});
	}

	@ParameterizedTest
	@MethodSource("incompleteBlocks")
	void ofWhenOAuthBlockLacksASettingSaysWhatAndWhatToDo(String block, String property, String reason, String action) {
		List<ConfigurationProblem> problems = ConfigurationText.oauth(block).problems();
		assertThat(problems).singleElement().satisfies((problem) -> {
			assertThat(problem.property()).isEqualTo("mcp.servers.linear.oauth." + property);
			assertThat(problem.origin()).as("a property that is nowhere").isNull();
			assertThat(problem.reason()).contains(reason);
			assertThat(problem.action()).contains(action);
		});
	}

	static Stream<Arguments> incompleteBlocks() {
		return Stream.of(
				arguments("client-id: id\nclient-secret: hush\ngrant-type: token-exchange", "authorization-server",
						"users' tokens are sent to it", "issuer"),
				arguments("grant-type: jwt-bearer\nidentity-provider: {issuer: 'https://idp.io'}",
						"identity-provider.client-id", "has to know which client asks", "Register"),
				arguments("grant-type: jwt-bearer\nidentity-provider: {client-id: id}", "identity-provider.issuer",
						"address of the identity provider is missing", "token-endpoint"));
	}

	static Stream<Arguments> brokenBlocks() {
		return Stream.of(
				arguments("client-secret: hush", "client-secret", "without the client",
						"Set 'mcp.servers.linear.oauth.client-id'"),
				arguments("client-id: id\nclient-secret: ''", "client-secret", "is empty", "public"),
				arguments("client-id: id\nclient-secret: hush\ntoken-endpoint-auth-method: none",
						"token-endpoint-auth-method", "has no secret", "client_secret_basic"),
				arguments("client-id: id\ntoken-endpoint-auth-method: client_secret_post", "token-endpoint-auth-method",
						"there is none", "client-secret"),
				arguments("client-metadata-url: http://example.com/client.json", "client-metadata-url", "must be https",
						"https"),
				arguments("client-metadata-url: https://example.com", "client-metadata-url", "must have a path",
						"/oauth/client.json"),
				arguments("client-metadata-url: https://example.com/", "client-metadata-url", "must have a path",
						"/oauth/client.json"),
				arguments("client-metadata-url: https://example.com/a/../b", "client-metadata-url", "dot segments",
						"/oauth/client.json"),
				arguments("client-metadata-url: https://example.com/a#b", "client-metadata-url", "fragment", "Remove"),
				arguments("redirect-uri: http://example.com/callback", "redirect-uri", "neither https nor on loopback",
						"127.0.0.1"),
				arguments("redirect-uri: myapp://callback", "redirect-uri", "neither https nor on loopback", "https"),
				arguments("redirect-uri: https://example.com/callback#x", "redirect-uri", "fragment", "RFC 6749"),
				arguments("redirect-host: 0.0.0.0", "redirect-host", "loopback only", "redirect-uri"),
				arguments("redirect-host: example.com", "redirect-host", "loopback only", "localhost"),
				arguments("redirect-host: 'a b'", "redirect-host", "loopback only", "localhost"),
				arguments("redirect-port: 65536", "redirect-port", "65536 is not a port", "0 to 65535"),
				arguments("redirect-port: -1", "redirect-port", "-1 is not a port", "0 to 65535"),
				arguments("resource: https://mcp.linear.app/mcp#tools", "resource", "without a fragment", "none"),
				arguments("resource: linear", "resource", "absolute URI", "none"),
				arguments("resource: 'https://a b'", "resource", "absolute URI", "none"),
				arguments("authorization-server: http://auth.example.com", "authorization-server", "https address",
						"issuer"),
				arguments("authorization-server: https://auth.example.com?a=b", "authorization-server", "without query",
						"issuer"),
				arguments("authorization-server: auth.example.com", "authorization-server", "https address", "issuer"),
				arguments("callback-timeout: -5s", "callback-timeout", "needs time", "5m"),
				arguments("callback-timeout: 0", "callback-timeout", "needs time", "5m"),
				arguments("timeout: 0", "timeout", "needs time", "5m"),
				arguments("timeout: 10\ncallback-timeout: 10", "timeout", "set twice", "Remove one"),
				arguments("scope: a\nscopes: b", "scope", "set twice", "Remove one"),
				arguments("scope: a\nscopes: [b]", "scope", "set twice", "Remove one"),
				arguments("user-agent: \"a\\nb\"", "user-agent", "control characters", "one line"),
				arguments("client-id: id\ngrant-type: client_credentials", "grant-type", "no credentials of its own",
						"client-secret"),
				arguments("assertion-file: /run/token", "assertion-file", "type jwt-bearer", "grant-type: jwt-bearer"),
				arguments("subject-token-file: /run/token", "subject-token-file", "type token-exchange",
						"grant-type: token-exchange"),
				arguments("token-parameters: {audience: x}", "token-parameters", "without a user", "grant-type"),
				arguments(
						"grant-type: jwt-bearer\nauthorization-server: https://as.io\nassertion-file: /t\ntoken-parameters: {scope: x}",
						"token-parameters", "'scope' is a parameter", "Remove"),
				arguments("grant-type: jwt-bearer\nidentity-provider: {client-id: id, issuer: 'http://idp.io'}",
						"identity-provider.issuer", "not an https address", "https"),
				arguments(
						"grant-type: jwt-bearer\nassertion-file: /t\nidentity-provider: {client-id: a, issuer: 'https://idp.io'}",
						"assertion-file", "not from both", "identity-provider"),
				arguments("client-id: id\ntoken-endpoint-auth-method: private_key_jwt", "token-endpoint-auth-method",
						"there is none", "private-key-location"),
				arguments("private-key-location: /run/key", "private-key-location", "without the client", "client-id"),
				arguments("client-id: id\nprivate-key: hush", "private-key", "neither PEM nor", "PKCS #8"),
				arguments("client-id: id\nprivate-key: '{hush'", "private-key", "cannot be understood", "PKCS #8"),
				arguments("client-id: id\nprivate-key-location: /k\ntoken-endpoint-auth-method: none",
						"token-endpoint-auth-method", "private_key_jwt", "private-key-location"));
	}

	@Test
	@DisplayName("S1: an assertion needs an authorization server that the MCP server cannot choose")
	void ofWhenAssertionHasNoAuthorizationServerIsRefused() {
		assertThat(ConfigurationText.oauth("grant-type: jwt-bearer\nassertion-file: /t").problem())
			.contains("authorization-server", "must not be left to the MCP server");
	}

	@Test
	void ofWhenGrantNeedsNoPersonMapsAll() {
		OAuthSettings settings = ConfigurationText.oauth("""
				grant-type: jwt-bearer
				client-id: agent
				private-key-location: file:/run/secrets/key.pem
				key-id: k1
				token-endpoint-auth-signing-alg: PS256
				token-parameters: {audience: mcp}
				identity-provider:
				  issuer: https://idp.example.com
				  client-id: desk
				  client-secret: hush
				  subject-token-file: /run/id-token
				  scopes: a b
				""").settings();
		assertThat(settings.grantType()).isEqualTo(GrantType.JWT_BEARER);
		assertThat(settings.signingKey())
			.isEqualTo(new SigningKey(null, Path.of("/run/secrets/key.pem"), "PS256", "k1"));
		assertThat(settings.tokenParameters()).containsExactly(Map.entry("audience", "mcp"));
		assertThat(settings.identityProvider()).isEqualTo(new IdentityProvider("https://idp.example.com", null,
				new IdentityProvider.Client("desk", Secret.of("hush"), null, null), Path.of("/run/id-token"),
				SubjectToken.ID_TOKEN, Set.of("a", "b")));
	}

	@ParameterizedTest
	@CsvSource({ "client_idd: x,client_idd,client-id", "clientid2: x,clientid2,client-id",
			"redirect-url: https://x/y,redirect-url,redirect-uri", "scops: x,scops,scopes",
			"callbacktimeout1: x,callbacktimeout1,callback-timeout", "client: {secret: x},client.secret,client-id",
			"client-id: {x: y},client-id.x,client-id",
			"token_endpoint_auth: x,token_endpoint_auth,token-endpoint-auth-method" })
	@DisplayName("Unknown keys under oauth are refused with the key that was meant")
	void ofWhenKeyIsUnknownNamesTheOneThatWasMeant(String block, String key, String meant) {
		assertThat(ConfigurationText.oauth(block).problem())
			.startsWith("mcp.servers.linear.oauth." + key + " | Byte array resource [application.yml] - 6:")
			.endsWith("Did you mean '%s'?".formatted(meant));
	}

	@Test
	void ofWhenKeyIsLikeNoOtherListsAll() {
		assertThat(ConfigurationText.oauth("xyzzy: 1").problem()).contains("client-id, client-secret,");
	}

	@Test
	void ofWhenUnknownKeyHoldsASecretDoesNotPrintIt() {
		assertThat(ConfigurationText.oauth("clientt-secret: hush").problem()).doesNotContain("hush");
	}

	@Test
	@DisplayName("A block that is off is checked for unknown keys all the same")
	void ofWhenServerIsOffStillRefusesUnknownKeys() {
		assertThat(ConfigurationText.oauth("enable: false").problem()).contains("Did you mean 'enabled'?");
	}

	@ParameterizedTest
	@CsvSource({ "oauht: {},oauht,oauth", "OAuth2: true,OAuth2,oauth", "uri: https://x/y,uri,url" })
	void ofWhenKeyOfServerIsMisspelledNamesTheOneThatWasMeant(String line, String key, String meant) {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    linear:
				      url: https://mcp.linear.app/mcp
				      %s
				""".formatted(line)).problem()).startsWith("mcp.servers.linear." + key + " | ")
			.endsWith("Did you mean '%s'?".formatted(meant));
	}

	@Test
	void ofWhenServerHasKeysOfOtherAgentsIgnoresThem() {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    linear:
				      url: https://mcp.linear.app/mcp
				      auth: oauth
				      connect_timeout: 60
				      tools: {include: [a, b]}
				      oauth: {}
				""").servers()).hasSize(1);
	}

	@Test
	void ofWhenServersAreAListSaysSo() {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    - url: https://mcp.linear.app/mcp
				""").problems()).anySatisfy((problem) -> assertThat(problem.reason()).contains("is a list"));
	}

	@Test
	void ofWhenNameHasDotsAsksForBrackets() {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    mcp.linear.app:
				      url: https://mcp.linear.app/mcp
				      oauth:
				        client-id: id
				""").problems()).anySatisfy((problem) -> {
			assertThat(problem.property()).isEqualTo("mcp.servers.mcp.linear.app.url");
			assertThat(problem.action()).contains("\"[mcp.linear.app]\"");
		});
	}

	@ParameterizedTest
	@CsvSource({ "timeout.recovery,0s", "timeout.lock,-1s", "timeout.token-endpoint,0s", "timeout.freshness-check,-1ms",
			"session.request-timeout,0s", "session.request-timeout,10s", "session.connect-timeout,-1s",
			"session.breaker-failures,0", "session.breaker-pause,0s" })
	void ofWhenSharedSettingIsBrokenSaysWhich(String property, String value) {
		assertThat(ConfigurationText.properties("mcp.oauth.%s=%s".formatted(property, value)).problem())
			.startsWith("mcp.oauth.%s | ".formatted(property));
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://auth.internal", "a b", "10.0.0.0/99", "*.internal", "1.2.3.4.5", "::zz" })
	void ofWhenAllowedHostIsNoHostRefusesIt(String host) {
		assertThat(ConfigurationText.yaml("mcp.oauth.address-policy.allowed-hosts: ['%s']".formatted(host)).problem())
			.startsWith("mcp.oauth.address-policy.allowed-hosts | ");
	}

	@Test
	void ofWhenSharedKeyIsUnknownNamesTheOneThatWasMeant() {
		assertThat(ConfigurationText.yaml("mcp.oauth.timeout.tokenendpont: 1s").problem())
			.startsWith("mcp.oauth.timeout.tokenendpont | ")
			.endsWith("Did you mean 'token-endpoint'?");
		assertThat(ConfigurationText.yaml("mcp.oauth.stor.type: file").problem()).endsWith("Did you mean 'store'?");
	}

	@ParameterizedTest
	@CsvSource({ "mcp.oauth.store.directory,'mcp.oauth.store',mcp.oauth.store.file.directory",
			"mcp.oauth.store.key-prefix,'mcp.oauth.store',mcp.oauth.store.redis.key-prefix",
			"mcp.oauth.allowed-hosts,'mcp.oauth',mcp.oauth.address-policy.allowed-hosts",
			"mcp.oauth.store.redis.keyprefx,'mcp.oauth.store.redis',key-prefix",
			"mcp.oauth.health.login-required,'mcp.oauth.health',login-required-status",
			"mcp.servers.linear.oauth.token-endpoint,'mcp.servers.linear.oauth',mcp.servers.linear.oauth.identity-provider.token-endpoint" })
	void ofWhenKeyIsUnknownNamesItsOwnParentAndWhereTheNameExists(String property, String parent, String meant) {
		assertThat(ConfigurationText.properties(property + "=x\nmcp.servers.linear.url=https://mcp.linear.app/mcp")
			.problem()).startsWith(property + " | ")
			.contains(parent.replace("'", "") + "' has no property of that name")
			.endsWith("Did you mean '%s'?".formatted(meant));
	}

	@Test
	void ofWhenServersAreSingularWarns(CapturedOutput output) {
		ConfigurationText.yaml("mcp.server: {linear: {url: 'https://mcp.linear.app/mcp'}, port: 1}").map();
		assertThat(output).containsOnlyOnce("WARN")
			.contains("'mcp.server.linear.url'", "configures no MCP server. Did you mean 'mcp.servers.linear.url'?");
	}

	@ParameterizedTest
	@ValueSource(strings = { "HTTPS_PROXY", "https_proxy" })
	void ofWhenVariableNamesAProxySaysThatItIsNotUsed(String variable, CapturedOutput output) {
		ConfigurationText proxy = ConfigurationText.variable(variable, "http://user:password@proxy.example.com:3128");
		proxy.andYaml("mcp.servers: {linear: {url: 'https://mcp.linear.app/mcp', oauth: {}}}").map();
		assertThat(output).containsOnlyOnce("WARN")
			.contains("'%s' is set".formatted(variable), "-Dhttps.proxyHost=<host>")
			.doesNotContain("password");
	}

	@Test
	void ofWhenServersAreLocalSaysNothingOfAProxy(CapturedOutput output) {
		ConfigurationText.variable("HTTPS_PROXY", "http://proxy.example.com:3128")
			.andYaml("mcp.servers: {local: {url: 'http://127.0.0.1:9000/mcp', oauth: {}}}")
			.map();
		assertThat(output).doesNotContain("WARN");
	}

	@Test
	void ofWhenVariableForTheUrlNamesNoServerWarns(CapturedOutput output) {
		ConfigurationText.variable("MCP_SERVERS_MY_SRV_URL", "https://mcp.example.com/mcp").map();
		assertThat(output).contains("'MCP_SERVERS_MY_SRV_URL' sets nothing: there is no MCP server that it names");
	}

	@Test
	void ofWhenFileIsNotThereYetWarns(CapturedOutput output) {
		ConfigurationText.oauth("client-id: c\nprivate-key-location: /no/such/key.pem").map();
		assertThat(output).contains("'mcp.servers.linear.oauth.private-key-location'",
				"there is no readable file '/no/such/key.pem' yet");
	}

	@ParameterizedTest
	@CsvSource({ "my server,myserver", "büro,bro" })
	void ofWhenCharactersOfTheNameAreDroppedSaysSo(String name, String read) {
		assertThat(
				ConfigurationText.yaml("mcp: {servers: {'%s': {url: 'https://mcp.example.com/mcp'}}}".formatted(name))
					.problem())
			.contains("reads as '%s'".formatted(read))
			.endsWith("Put the name in brackets and quotes: \"[%s]\".".formatted(name));
	}

	@Test
	void ofWhenBlockIsBoundElsewhereLeavesItAlone(CapturedOutput output) {
		ConfigurationText.yaml("mcp.oauth.health.login-required-status: down")
			.andVariable("MCP_OAUTH_HEALTH_LOGINREQUIREDSTATUS", "down")
			.map();
		assertThat(output).doesNotContain("WARN");
	}

	@Test
	void ofWhenThereAreSeveralProblemsNamesAll() {
		assertThat(ConfigurationText.oauth("client-secret: hush\nredirect-port: 70000\nnonsense: 1").problems())
			.extracting(ConfigurationProblem::property)
			.containsExactlyInAnyOrder("mcp.servers.linear.oauth.client-secret",
					"mcp.servers.linear.oauth.redirect-port", "mcp.servers.linear.oauth.nonsense");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			store.type|fiel|there is no value 'fiel'|Did you mean 'file'? The values are file, jdbc, redis, memory.
			store.type|cloud|there is no value 'cloud'|The values are file, jdbc, redis, memory.
			principal.source|securty|there is no value 'securty'|Did you mean 'security'?
			principal.when-absent|refuse|there is no value 'refuse'|The values are fail, application.
			health.login-required-status|offline|there is no value 'offline'|up, unknown, out-of-service, down
			store.jdbc.initialize-schema|allways|there is no value 'allways'|Did you mean 'always'?
			store.jdbc.listen|ja|'ja' is neither true nor false|Use true or false.
			timeout.lock|10 parsecs|'10 parsecs' is not a duration|for example 500ms, 10s or 5m
			principal.cache-size|many|'many' is not a whole number|Use digits only.
			session.breaker-failures|99999999999|'99999999999' is not a whole number up to 2147483647|Use digits
			address-policy.allow-plain-http|maybe|'maybe' is neither true nor false|Use true or false.
			web.external-url|http://[hush|it is not a URL|https://example.com/path
			store|file|it is a block of settings, and not one value|Set one of type, file, memory,
			""")
	void ofWhenSharedValueCannotBeConvertedSaysWhichValuesThereAre(String property, String value, String reason,
			String action) {
		assertThat(ConfigurationText.properties("mcp.oauth.%s=%s".formatted(property, value)).problems())
			.singleElement()
			.satisfies((problem) -> {
				assertThat(problem.property()).isEqualTo("mcp.oauth." + property);
				assertThat(problem.origin()).contains("[application.properties] - 1:");
				assertThat(problem.reason()).startsWith(reason).doesNotContain("hush");
				assertThat(problem.action()).contains(action);
			});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			grant-type|client-credential|Did you mean 'client_credentials'?
			grant-type|password|The values are authorization_code, client_credentials, jwt-bearer, token-exchange.
			token-endpoint-auth-method|client_secret_psot|Did you mean 'client_secret_post'?
			dpop|allways|The values are auto, true, false.
			list-tools-as|principle|Did you mean 'principal'?
			refresh-all|ja|Use true or false.
			redirect-port|http|Use digits only.
			callback-timeout|soon|for example 500ms, 10s or 5m
			timeout|soon|for example 500ms, 10s or 5m
			identity-provider.token-endpoint-auth-method|basic|The values are none, client_secret_basic,
			authorize-parameters|prompt|Set each entry below a name of its own.
			""")
	void ofWhenOAuthValueCannotBeConvertedSaysWhichValuesThereAre(String property, String value, String action) {
		assertThat(ConfigurationText.oauth("%s: %s".formatted(property, value)).problems()).singleElement()
			.satisfies((problem) -> {
				assertThat(problem.property()).isEqualTo("mcp.servers.linear.oauth." + property);
				assertThat(problem.origin()).contains("[application.yml] - 6:");
				assertThat(problem.action()).contains(action);
			});
	}

	@Test
	void ofWhenValuesCannotBeConvertedTellsAllProblemsAtOnce() {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    linear: {url: 'ftp://mcp.linear.app', protocol: modrn, oauth: {grant-type: jwt, assertion-file: /t}}
				    other: {url: 'https://mcp.example.com/mcp', oauth: {redirect-uri: 'http://example.com/back'}}
				  oauth:
				    store: {type: fiel}
				    timeout: {recovery: -1, lock: soon}
				""").andVariable("MCP_OAUTH_PRINCIPAL_SOURCE", "user").problems())
			.extracting(ConfigurationProblem::property)
			.containsExactlyInAnyOrder("mcp.servers.linear.url", "mcp.servers.linear.protocol",
					"mcp.servers.linear.oauth.grant-type", "mcp.servers.other.oauth.redirect-uri",
					"mcp.oauth.store.type", "mcp.oauth.timeout.recovery", "mcp.oauth.timeout.lock",
					"mcp.oauth.principal.source");
	}

	// URLs

	@ParameterizedTest
	@CsvSource({ "mcp.linear.app/mcp,neither an https nor an http", "ftp://mcp.linear.app/mcp,neither an https",
			"https:///mcp,does not name a host", "https://mcp.linear.app:70000/mcp,does not name a host",
			"https://user:hush@mcp.linear.app/mcp,user name", "https://mcp.linear.app/mcp#x,fragment",
			"https://mcp.linear.app/a/../mcp,dot or empty segments",
			"https://mcp.linear.app/a%2f..%2fmcp,dot or empty segments", "https://mcp.linear.app/a%2emcp,encoded dots",
			"https://mcp linear.app/mcp,not a URL" })
	@DisplayName("F31 A URL that a token must not be sent to is refused")
	void ofWhenUrlCannotBeUsedIsRefusedWithoutPrintingIt(String url, String reason) {
		assertThat(ConfigurationText.yaml("mcp.servers.linear.url: '%s'".formatted(url)).problem())
			.startsWith("mcp.servers.linear.url | Byte array resource [application.yml] - 1:25 | ")
			.contains(reason)
			.doesNotContain("hush");
	}

	@Test
	void ofWhenUrlIsMissingSaysWhereToPutIt() {
		assertThat(ConfigurationText.yaml("mcp.servers.linear.oauth: {}").problem()).startsWith(
				"mcp.servers.linear.url | null | MCP server 'linear' has no URL | Set 'mcp.servers.linear.url', or 'spring.ai.mcp.client.streamable-http.connections.linear.url'");
	}

	@Test
	@DisplayName("F31 Plain http beyond loopback is refused")
	void ofWhenUrlIsPlainHttpIsRefusedUnlessAllowed() {
		String yaml = "mcp.servers.linear.url: http://mcp.internal:8080/mcp";
		assertThat(ConfigurationText.yaml(yaml).problem()).contains("plain http to 'mcp.internal'",
				"mcp.oauth.address-policy.allow-plain-http");
		assertThat(ConfigurationText.yaml(yaml).andYaml("mcp.oauth.address-policy.allow-plain-http: true").servers())
			.hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://127.0.0.1:8080/mcp", "http://localhost/mcp", "http://[::1]:8080/mcp" })
	void ofWhenUrlIsPlainHttpOnLoopbackTakesIt(String url) {
		assertThat(ConfigurationText.yaml("mcp.servers.linear.url: '%s'".formatted(url)).servers())
			.extracting(McpServer::url)
			.containsExactly(URI.create(url));
	}

	@ParameterizedTest
	@CsvSource({ "https://mcp.example.com,,https://mcp.example.com/mcp",
			"https://mcp.example.com/,,https://mcp.example.com/mcp",
			"https://mcp.example.com/v1,/tools,https://mcp.example.com/v1/tools",
			"https://mcp.example.com/v1/,/tools,https://mcp.example.com/v1/tools",
			"https://mcp.example.com,https://other.example.com/mcp,https://other.example.com/mcp" })
	void ofWhenUrlIsMissingTakesThatOfTheSpringAiConnection(String url, String endpoint, String expected) {
		String connection = "spring.ai.mcp.client.streamable-http.connections.linear.";
		String text = "mcp.servers.linear.oauth=\n" + connection + "url=" + url + "\n"
				+ ((endpoint != null) ? connection + "endpoint=" + endpoint : "");
		assertThat(ConfigurationText.properties(text).servers()).extracting(McpServer::url)
			.containsExactly(URI.create(expected));
	}

	@Test
	void ofWhenConnectionIsSpelledDifferentlyFindsIt() {
		assertThat(ConfigurationText.yaml("""
				mcp.servers.my-server: {}
				spring.ai.mcp.client.streamable-http.connections.myServer.url: https://mcp.example.com
				""").servers()).extracting(McpServer::url).containsExactly(URI.create("https://mcp.example.com/mcp"));
	}

	@Test
	void ofWhenConnectionHasABadUrlNamesItsProperty() {
		assertThat(ConfigurationText.yaml("""
				mcp.servers.linear.oauth: {}
				spring.ai.mcp.client.streamable-http.connections.linear.url: http://mcp.example.com
				""").problem()).startsWith("spring.ai.mcp.client.streamable-http.connections.linear.url | Byte array");
	}

	@Test
	void ofWhenOtherConnectionsExistNamesThem() {
		assertThat(ConfigurationText.yaml("""
				mcp.servers.linaer.oauth: {}
				spring.ai.mcp.client.streamable-http.connections.linear.url: https://mcp.example.com
				""").problem()).contains("whose connections are linear");
	}

	@Test
	void ofWhenConnectionIsElsewhereWarns(CapturedOutput output) {
		ConfigurationText.yaml("""
				mcp.servers.linear.url: https://mcp.linear.app/mcp
				spring.ai.mcp.client.streamable-http.connections.linear.url: https://mcp.example.com
				""").map();
		assertThat(output).contains("The Spring AI connection 'linear' is not below the URL");
	}

	@Test
	@DisplayName("F47: two servers may have the same URL, for two accounts")
	void ofWhenTwoServersHaveTheSameUrlHasBoth() {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    one:
				      url: https://mcp.example.com/mcp
				    two:
				      url: HTTPS://MCP.example.com:443/mcp/
				""").servers()).extracting(McpServer::name).containsExactly("one", "two");
	}

	@Test
	void ofWhenOneOfTwoServersWithTheSameUrlIsOffIsFine() {
		assertThat(ConfigurationText.yaml("""
				mcp.servers.one.url: https://mcp.example.com/mcp
				mcp.servers.two: {url: 'https://mcp.example.com/mcp', oauth: false}
				""").servers()).extracting(McpServer::name).containsExactly("one");
	}

	@Test
	void ofWhenOneServerIsBelowAnotherWarns(CapturedOutput output) {
		assertThat(ConfigurationText.yaml("""
				mcp.servers.inner.url: https://mcp.example.com/mcp/tools
				mcp.servers.outer.url: https://mcp.example.com/mcp
				mcp.servers.sibling.url: https://mcp.example.com/mcp-tools
				""").servers()).hasSize(3);
		assertThat(output).containsOnlyOnce("is below that of")
			.contains("The URL of MCP server 'inner' is below that of 'outer'");
	}

	// Names

	@Test
	@DisplayName("F31 Names that read as one are refused")
	void ofWhenNamesReadAsOneIsRefused() {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    my-server:
				      url: https://one.example.com/mcp
				    myServer:
				      url: https://two.example.com/mcp
				""").problem()).startsWith("mcp.servers.myServer | Byte array resource [application.yml] - 6:")
			.contains("'my-server' and 'myServer' read as one", "Rename one of the servers");
	}

	@Test
	@DisplayName("F31 Names that map to one file are refused")
	void ofWhenNamesAreStoredUnderOneNameIsRefused() {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    "[my.server]":
				      url: https://one.example.com/mcp
				    "[My.Server]":
				      url: https://two.example.com/mcp
				""").problem()).contains("'my.server' and 'My.Server' would be stored under one name");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a/b", " a", "a\\tb" })
	void ofWhenNameIsUnusableIsRefused(String name) {
		assertThat(ConfigurationText.yaml("""
				mcp:
				  servers:
				    "[%s]":
				      url: https://one.example.com/mcp
				""".formatted(name)).problem()).contains("must not be blank, contain '/'");
	}

	// Environment variables

	@Test
	@DisplayName("A variable without dashes is taken for the server with dashes, with a warning that names it")
	void ofWhenVariableReadsAsAnotherServerIsTakenForTheOneItBindsTo(CapturedOutput output) {
		List<McpServer> servers = ConfigurationText.yaml(MY_SERVER)
			.andVariable("MCP_SERVERS_MYSERVER_OAUTH_CLIENTID", "id")
			.servers();
		assertThat(servers).singleElement().satisfies((server) -> {
			assertThat(server.name()).isEqualTo("my-server");
			assertThat(server.oauth().clientId()).isEqualTo("id");
		});
		assertThat(output).contains(
				"Environment variable 'MCP_SERVERS_MYSERVER_OAUTH_CLIENTID' reads as an MCP server 'myserver'",
				"Rename it to 'MCP_SERVERS_MY_SERVER_OAUTH_CLIENT_ID'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "MCP_SERVERS_MY_SERVER_OAUTH_CLIENT_ID", "MCP_SERVERS_MY-SERVER_OAUTH_CLIENTID",
			"mcp_servers_my_server_oauth_client_id" })
	void ofWhenVariableIsUnambiguousDoesNotWarn(String variable, CapturedOutput output) {
		assertThat(ConfigurationText.yaml(MY_SERVER).andVariable(variable, "id").settings().clientId()).isEqualTo("id");
		assertThat(output).doesNotContain("WARN");
	}

	@ParameterizedTest
	@ValueSource(strings = { "MCP_SERVERS_MYSERVER_OAUTH_CLIENT_ID", "MCP_SERVERS_MY_SERVER_OAUTH_CLIENTID",
			"MCP_SERVERS_MY_SERVER_OAUTH_CLIENT", "MCP_SERVERS_MY_SERVER_OAUTH_CLIENT_IDD" })
	@DisplayName("A variable that binds to nothing is refused with the name that was meant")
	void ofWhenVariableSetsNothingSaysHowToRenameIt(String variable) {
		assertThat(ConfigurationText.yaml(MY_SERVER).andVariable(variable, "id").problem())
			.startsWith("%1$s | System Environment Property \"%1$s\" | ".formatted(variable))
			.contains("Rename it to MCP_SERVERS_MY_SERVER_OAUTH_CLIENT_ID");
	}

	@Test
	void ofWhenVariableNamesAServerWithoutUrlIsRefused() {
		assertThat(ConfigurationText.yaml(MY_SERVER).andVariable("MCP_SERVERS_OTHER_OAUTH_CLIENTID", "id").problem())
			.contains("MCP server 'other' has no URL");
	}

	@Test
	void ofWhenVariableOfAnUnknownServerSetsNothingWarns(CapturedOutput output) {
		assertThat(ConfigurationText.yaml(MY_SERVER).andVariable("MCP_SERVERS_OTHER_OAUTH_NONSENSE", "id").servers())
			.hasSize(1);
		assertThat(output).contains("Environment variable 'MCP_SERVERS_OTHER_OAUTH_NONSENSE' sets nothing");
	}

	@Test
	void ofWhenVariablesAreSomebodyElsesIgnoresThem(CapturedOutput output) {
		assertThat(ConfigurationText.yaml(MY_SERVER)
			.andVariable("MCP_SERVERS_CONFIG", "/etc/mcp.json")
			.andVariable("MCP_SERVERS_MY_SERVER_PORT", "tcp://10.0.0.1:80")
			.andVariable("MCP_SERVERS_MY_SERVER_SERVICE_HOST", "10.0.0.1")
			.servers()).hasSize(1);
		assertThat(output).doesNotContain("WARN");
	}

	@ParameterizedTest
	@CsvSource({ "my_server,MYSERVER", "my-server,MYSERVER", "myServer,MYSERVER", "linear,LINEAR" })
	void ofWhenVariablesSetListsAndMapsBindsThem(String name, String variable, CapturedOutput output) {
		assertThat(ConfigurationText.yaml("mcp.servers.%s.url: https://mcp.example.com/mcp".formatted(name))
			.andVariable("MCP_SERVERS_%s_OAUTH_SCOPES_0".formatted(variable), "read")
			.andVariable("MCP_SERVERS_%s_OAUTH_SCOPES_1".formatted(variable), "write")
			.andVariable("MCP_SERVERS_%s_OAUTH_AUTHORIZEPARAMETERS_PROMPT".formatted(variable), "consent")
			.settings()).satisfies((settings) -> {
				assertThat(settings.scopes()).containsExactly("read", "write");
				assertThat(settings.authorizeParameters()).containsEntry("prompt", "consent");
			});
		assertThat(output).doesNotContain("sets nothing", "Rename it to 'MCP_SERVERS_MY_SERVER_OAUTH_AUTHORIZE");
	}

	@Test
	void ofWhenNameHasUnderscoresSaysHowToNameTheVariable() {
		assertThat(ConfigurationText.yaml("mcp.servers.my_server.url: https://mcp.example.com/mcp")
			.andVariable("MCP_SERVERS_MY_SERVER_OAUTH_CLIENT_ID", "id")
			.problem()).contains("Rename it to MCP_SERVERS_MYSERVER_OAUTH_CLIENT_ID");
	}

	@Test
	void ofWhenVariableSetsAnEntryOfAMapWithUnderscoresSaysHowToNameIt() {
		assertThat(ConfigurationText.yaml(MY_SERVER)
			.andVariable("MCP_SERVERS_MY_SERVER_OAUTH_AUTHORIZE_PARAMETERS_PROMPT", "consent")
			.problem()).contains("Rename it to MCP_SERVERS_MYSERVER_OAUTH_AUTHORIZEPARAMETERS_<NAME>");
	}

	@Test
	void ofWhenVariableNamesAServerAndNothingElseIgnoresIt() {
		assertThat(ConfigurationText.yaml(MY_SERVER + "      oauth: {client-id: id}")
			.andVariable("MCP_SERVERS_MY_SERVER", "10.0.0.1:80")
			.settings()
			.clientId()).isEqualTo("id");
	}

	@Test
	void ofWhenServerHasAPlainValueIsRefused() {
		assertThat(ConfigurationText.yaml("mcp.servers.linear: https://mcp.linear.app/mcp").problem())
			.endsWith("Did you mean 'mcp.servers.linear.url'?");
	}

	@Test
	void ofWhenServerIsEmptyInOneSourceKeepsTheOther() {
		assertThat(ConfigurationText.yaml("mcp: {servers: {linear: }}")
			.andYaml("mcp.servers.linear.url: https://mcp.linear.app/mcp")
			.servers()).hasSize(1);
	}

	@Test
	void ofWhenSharedVariableSetsNothingWarns(CapturedOutput output) {
		assertThat(ConfigurationText.variable("MCP_OAUTH_TIMEOUT_LOCK", "20s")
			.andVariable("MCP_OAUTH_TIMEOUT_TOKEN_ENDPOINT", "20s")
			.andVariable("MCP_OAUTH_ADDRESSPOLICY_ALLOWEDHOSTS_0", "auth.internal")
			.andVariable("MCP_OAUTH_TOKEN", "hush")
			.map()
			.refresh()
			.lockTimeout()).isEqualTo(Duration.ofSeconds(20));
		assertThat(output).containsOnlyOnce("sets nothing")
			.contains("Environment variable 'MCP_OAUTH_TOKEN' sets nothing")
			.doesNotContain("hush");
	}

	// Start-up lines

	@Test
	void announceWhenThereAreServersSaysWhatIsOnWithoutSecrets(CapturedOutput output) {
		ConfigurationText.yaml("""
				mcp:
				  servers:
				    linear:
				      url: https://mcp.linear.app/mcp?key=hush
				    github:
				      url: https://api.githubcopilot.com/mcp/
				      oauth: {client-id: id, client-secret: hush, scopes: [repo, user]}
				    quiet:
				      url: https://off.example.com/mcp
				      oauth: false
				    documented:
				      url: https://documented.example.com/mcp
				      oauth: {client-metadata-url: 'https://example.com/client.json'}
				""").map().announce();
		assertThat(output).contains(
				"MCP server 'linear' at https://mcp.linear.app/mcp?...: OAuth is on, dynamic registration, scopes as advertised",
				"MCP server 'github' at https://api.githubcopilot.com/mcp/: OAuth is on, client 'id', scopes 'repo user'",
				"MCP server 'quiet': OAuth is off",
				"MCP server 'documented' at https://documented.example.com/mcp: OAuth is on, client metadata document https://example.com/client.json or dynamic registration");
		assertThat(output).doesNotContain("hush");
	}

}
