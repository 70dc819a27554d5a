// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.mcpoauth.test.LoopbackHttp.Reply;
import io.github.mcpoauth.test.LoopbackHttp.Request;
import io.github.mcpoauth.test.McpTestServer.TokenRequest;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * An authorization server that consents at once, on behalf of the user that a header
 * names. Any client may register, and the credentials of clients are not checked: a test
 * configures those of the real server. Refresh tokens are taken once.
 */
final class AuthorizationEndpoints {

	/**
	 * Request header of the authorization request with the name of the user.
	 */
	static final String USER_HEADER = "X-Mcp-Test-User";

	static final Duration LIFETIME = Duration.ofHours(1);

	private static final TypeReference<Map<String, Object>> MEMBERS = new TypeReference<>() {
	};

	private final Map<String, Code> codes = new ConcurrentHashMap<>();

	private final Map<String, Owner> accessTokens = new ConcurrentHashMap<>();

	private final Map<String, Owner> refreshTokens = new ConcurrentHashMap<>();

	private final List<TokenRequest> tokenRequests = new CopyOnWriteArrayList<>();

	private final String issuer;

	private final Map<String, Device> devices = new ConcurrentHashMap<>();

	private volatile Duration lifetime = LIFETIME;

	private volatile @Nullable Reply failure;

	private volatile boolean offersDeviceLogin;

	private volatile boolean bindsTokens;

	private volatile @Nullable String credentials;

	AuthorizationEndpoints(LoopbackHttp http) {
		this.issuer = http.url("").toString();
		http.handle("/.well-known/oauth-authorization-server", (request) -> Reply.json(200, metadata()));
		http.handle("/register", AuthorizationEndpoints::register);
		http.handle("/authorize", this::authorize);
		http.handle("/token", this::token);
		http.handle("/revoke", this::revoke);
		http.handle("/device_authorization", this::authorizeDevice);
	}

	String issuer() {
		return this.issuer;
	}

	List<TokenRequest> tokenRequests() {
		return this.tokenRequests;
	}

	@Nullable Owner owner(@Nullable String accessToken) {
		return (accessToken != null) ? this.accessTokens.get(accessToken) : null;
	}

	void lifetime(Duration lifetime) {
		this.lifetime = lifetime;
	}

	void fail(@Nullable Reply failure) {
		this.failure = failure;
	}

	void offerDeviceLogin() {
		this.offersDeviceLogin = true;
	}

	void bindTokens() {
		this.bindsTokens = true;
	}

	boolean bindsTokens() {
		return this.bindsTokens;
	}

	void requireClient(String id, String secret) {
		this.credentials = id + ":" + secret;
	}

	void decide(String userCode, @Nullable String user, boolean confirmed) {
		Device device = this.devices.values()
			.stream()
			.filter((candidate) -> candidate.userCode().equals(userCode))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("No login waits with the code '%s'".formatted(userCode)));
		this.devices.put(device.code(), device.decided(user, confirmed));
	}

	void rejectAccessTokens() {
		this.accessTokens.clear();
	}

	void revokeGrants() {
		this.accessTokens.clear();
		this.refreshTokens.clear();
	}

	void reset() {
		revokeGrants();
		this.codes.clear();
		this.tokenRequests.clear();
		this.devices.clear();
		this.lifetime = LIFETIME;
		this.failure = null;
		this.offersDeviceLogin = false;
		this.bindsTokens = false;
		this.credentials = null;
	}

	private Map<String, Object> metadata() {
		Map<String, Object> metadata = new LinkedHashMap<>();
		metadata.put("issuer", this.issuer);
		metadata.put("authorization_endpoint", this.issuer + "/authorize");
		metadata.put("token_endpoint", this.issuer + "/token");
		metadata.put("registration_endpoint", this.issuer + "/register");
		metadata.put("revocation_endpoint", this.issuer + "/revoke");
		metadata.put("response_types_supported", List.of("code"));
		metadata.put("grant_types_supported", List.of("authorization_code", "refresh_token", "client_credentials",
				"urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange"));
		metadata.put("code_challenge_methods_supported", List.of("S256"));
		metadata.put("token_endpoint_auth_methods_supported",
				List.of("none", "client_secret_basic", "client_secret_post", "private_key_jwt"));
		metadata.put("token_endpoint_auth_signing_alg_values_supported", List.of("ES256", "RS256"));
		metadata.put("authorization_response_iss_parameter_supported", true);
		metadata.put("client_id_metadata_document_supported", true);
		if (this.offersDeviceLogin) {
			metadata.put("device_authorization_endpoint", this.issuer + "/device_authorization");
		}
		if (this.bindsTokens) {
			metadata.put("dpop_signing_alg_values_supported", List.of("ES256"));
		}
		return metadata;
	}

	private static Reply register(Request request) {
		Map<String, Object> client = new LinkedHashMap<>(JsonMapper.shared().readValue(request.body(), MEMBERS));
		client.put("client_id", "test-client");
		client.put("token_endpoint_auth_method", "none");
		return Reply.json(201, client);
	}

	private Reply authorizeDevice(Request request) {
		String userCode = random().substring(0, 8).toUpperCase(Locale.ROOT);
		Device device = new Device(random(), userCode, new Owner(null, request.form().getOrDefault("scope", ""), null),
				"authorization_pending");
		this.devices.put(device.code(), device);
		return Reply.json(200, Map.of("device_code", device.code(), "user_code", userCode, "verification_uri",
				this.issuer + "/device", "expires_in", 600, "interval", 1));
	}

	private Reply authorize(Request request) {
		Map<String, String> query = request.query();
		String code = random();
		this.codes.put(code, new Code(query.getOrDefault("code_challenge", ""),
				new Owner(request.header(USER_HEADER), query.getOrDefault("scope", ""), null)));
		String location = "%s%scode=%s&state=%s&iss=%s".formatted(query.get("redirect_uri"),
				String.valueOf(query.get("redirect_uri")).contains("?") ? "&" : "?", code,
				encode(query.getOrDefault("state", "")), encode(this.issuer));
		return new Reply(302, Map.of("Location", location), null);
	}

	private Reply token(Request request) {
		Map<String, String> form = request.form();
		String grantType = form.getOrDefault("grant_type", "");
		Reply reply = this.failure;
		if (reply == null) {
			reply = isKnownClient(request) ? exchange(grantType, form, Proof.key(request))
					: Reply.json(401, Map.of("error", "invalid_client"));
		}
		Object outcome = (reply.body() instanceof Map<?, ?> members) ? members.get("error") : null;
		this.tokenRequests.add(new TokenRequest(grantType,
				(reply.status() == 200) ? "ok" : (outcome != null) ? outcome.toString() : "" + reply.status()));
		return reply;
	}

	private boolean isKnownClient(Request request) {
		String wanted = this.credentials;
		if (wanted == null) {
			return true;
		}
		Map<String, String> form = request.form();
		String basic = request.header("Authorization");
		if (basic != null && basic.startsWith("Basic ")) {
			byte[] shown = Base64.getDecoder().decode(basic.substring("Basic ".length()));
			// Both parts are form-encoded (RFC 6749, section 2.3.1)
			return wanted.equals(URLDecoder.decode(new String(shown, StandardCharsets.UTF_8), StandardCharsets.UTF_8));
		}
		return wanted.equals(form.get("client_id") + ":" + form.get("client_secret"));
	}

	private Reply exchange(String grantType, Map<String, String> form, @Nullable String key) {
		if (this.bindsTokens && key == null) {
			return error("invalid_dpop_proof");
		}
		return switch (grantType) {
			case "refresh_token" -> {
				// Removed: a refresh token is taken once
				Owner owner = this.refreshTokens.remove(form.getOrDefault("refresh_token", ""));
				yield (owner != null && (owner.key() == null || owner.key().equals(key))) ? issue(owner, true)
						: error("invalid_grant");
			}
			case "authorization_code" -> {
				Code code = this.codes.remove(form.getOrDefault("code", ""));
				yield (code != null && code.challenge().equals(challenge(form.getOrDefault("code_verifier", ""))))
						? issue(bound(code.owner(), key), true) : error("invalid_grant");
			}
			case "urn:ietf:params:oauth:grant-type:device_code" -> {
				Device device = this.devices.get(form.getOrDefault("device_code", ""));
				String error = (device != null) ? device.error() : "invalid_grant";
				if (device == null || error != null) {
					yield error(Objects.requireNonNullElse(error, "invalid_grant"));
				}
				this.devices.remove(device.code());
				yield issue(bound(device.owner(), key), true);
			}
			default -> issue(bound(new Owner(null, form.getOrDefault("scope", ""), null), key), false);
		};
	}

	private Owner bound(Owner owner, @Nullable String key) {
		return this.bindsTokens ? new Owner(owner.user(), owner.scope(), key) : owner;
	}

	private Reply issue(Owner owner, boolean refreshable) {
		Map<String, Object> response = new LinkedHashMap<>();
		response.put("access_token", random());
		response.put("token_type", (owner.key() != null) ? "DPoP" : "Bearer");
		response.put("expires_in", this.lifetime.toSeconds());
		this.accessTokens.put(String.valueOf(response.get("access_token")), owner);
		if (!owner.scope().isEmpty()) {
			response.put("scope", owner.scope());
		}
		if (refreshable) {
			response.put("refresh_token", random());
			this.refreshTokens.put(String.valueOf(response.get("refresh_token")), owner);
		}
		return Reply.json(200, response);
	}

	private Reply revoke(Request request) {
		String token = request.form().getOrDefault("token", "");
		this.accessTokens.remove(token);
		this.refreshTokens.remove(token);
		return Reply.of(200);
	}

	static Reply error(String error) {
		return Reply.json(400, Map.of("error", error));
	}

	static String challenge(String verifier) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
			return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every Java platform has SHA-256", ex);
		}
	}

	private static String random() {
		return UUID.randomUUID().toString();
	}

	private static String encode(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8);
	}

	/**
	 * The owner of a token.
	 *
	 * @param user the user who logged in, {@code null} for the application itself
	 * @param scope the granted scopes
	 * @param key the key that the token is bound to, {@code null} for a bearer token
	 */
	record Owner(@Nullable String user, String scope, @Nullable String key) {

		boolean hasScope(String wanted) {
			return List.of(this.scope.split(" ")).contains(wanted);
		}

	}

	/**
	 * An authorization code.
	 *
	 * @param challenge the code challenge of PKCE
	 * @param owner the owner of the tokens to come
	 */
	private record Code(String challenge, Owner owner) {

	}

	/**
	 * A login with a device code.
	 *
	 * @param code the device code
	 * @param userCode the code that the user enters
	 * @param owner the owner of the tokens to come
	 * @param error what the token endpoint answers, {@code null} once the user has
	 * confirmed
	 */
	private record Device(String code, String userCode, Owner owner, @Nullable String error) {

		Device decided(@Nullable String user, boolean confirmed) {
			return new Device(this.code, this.userCode, new Owner(user, this.owner.scope(), null),
					confirmed ? null : "access_denied");
		}

	}

}
