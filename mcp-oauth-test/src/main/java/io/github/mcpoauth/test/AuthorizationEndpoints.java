// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

	private volatile Duration lifetime = LIFETIME;

	private volatile @Nullable Reply failure;

	AuthorizationEndpoints(LoopbackHttp http) {
		this.issuer = http.url("").toString();
		http.handle("/.well-known/oauth-authorization-server", (request) -> Reply.json(200, metadata()));
		http.handle("/register", AuthorizationEndpoints::register);
		http.handle("/authorize", this::authorize);
		http.handle("/token", this::token);
		http.handle("/revoke", this::revoke);
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
		this.lifetime = LIFETIME;
		this.failure = null;
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
		return metadata;
	}

	private static Reply register(Request request) {
		Map<String, Object> client = new LinkedHashMap<>(JsonMapper.shared().readValue(request.body(), MEMBERS));
		client.put("client_id", "test-client");
		client.put("token_endpoint_auth_method", "none");
		return Reply.json(201, client);
	}

	private Reply authorize(Request request) {
		Map<String, String> query = request.query();
		String code = random();
		this.codes.put(code, new Code(query.getOrDefault("code_challenge", ""),
				new Owner(request.header(USER_HEADER), query.getOrDefault("scope", ""))));
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
			reply = exchange(grantType, form);
		}
		Object outcome = (reply.body() instanceof Map<?, ?> members) ? members.get("error") : null;
		this.tokenRequests.add(new TokenRequest(grantType,
				(reply.status() == 200) ? "ok" : (outcome != null) ? outcome.toString() : "" + reply.status()));
		return reply;
	}

	private Reply exchange(String grantType, Map<String, String> form) {
		if ("refresh_token".equals(grantType)) {
			// Removed: a refresh token is taken once
			Owner owner = this.refreshTokens.remove(form.getOrDefault("refresh_token", ""));
			return (owner != null) ? issue(owner, true) : error("invalid_grant");
		}
		if ("authorization_code".equals(grantType)) {
			Code code = this.codes.remove(form.getOrDefault("code", ""));
			return (code != null && code.challenge().equals(challenge(form.getOrDefault("code_verifier", ""))))
					? issue(code.owner(), true) : error("invalid_grant");
		}
		return issue(new Owner(null, form.getOrDefault("scope", "")), false);
	}

	private Reply issue(Owner owner, boolean refreshable) {
		Map<String, Object> response = new LinkedHashMap<>();
		response.put("access_token", random());
		response.put("token_type", "Bearer");
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

	private static String challenge(String verifier) {
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
	 */
	record Owner(@Nullable String user, String scope) {

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

}
