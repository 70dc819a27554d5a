// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;

/**
 * A small authorization server over real HTTP: metadata, dynamic registration, an
 * authorization endpoint that consents by itself, a device authorization endpoint that
 * waits for a person, a token endpoint with PKCE, rotation and reuse detection, and
 * revocation. What it does can be changed by its switches, and any answer can be scripted
 * through {@link #http()}.
 */
public final class TestAuthorizationServer implements AutoCloseable {

	/**
	 * Path of the metadata document of an issuer without path.
	 */
	public static final String METADATA = "/.well-known/oauth-authorization-server";

	/**
	 * Path of the registration endpoint.
	 */
	public static final String REGISTER = "/register";

	/**
	 * Path of the authorization endpoint.
	 */
	public static final String AUTHORIZE = "/authorize";

	/**
	 * Path of the pushed authorization request endpoint.
	 */
	public static final String PAR = "/par";

	/**
	 * Path of the token endpoint.
	 */
	public static final String TOKEN = "/token";

	/**
	 * Path of the revocation endpoint.
	 */
	public static final String REVOKE = "/revoke";

	/**
	 * Path of the device authorization endpoint.
	 */
	public static final String DEVICE = "/device_authorization";

	/**
	 * The grant type of a device code.
	 */
	public static final String DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";

	/**
	 * Grant type of RFC 7523.
	 */
	public static final String JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

	/**
	 * Grant type of RFC 8693.
	 */
	public static final String TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

	private final TestHttpServer http = TestHttpServer.start();

	private final Clock clock;

	private final Map<String, Object> metadata = new LinkedHashMap<>();

	private final Map<String, Client> clients = new LinkedHashMap<>();

	private final Map<String, Pushed> pushed = new HashMap<>();

	private final Map<String, Code> codes = new HashMap<>();

	private final Map<String, Device> devices = new LinkedHashMap<>();

	private int deviceInterval;

	private final Map<String, Issued> accessTokens = new HashMap<>();

	private final Map<String, Family> refreshTokens = new HashMap<>();

	private final Set<String> metadataDocuments = new HashSet<>();

	private @Nullable MetadataDocumentReader documents;

	private final Map<String, PublicKey> keys = new HashMap<>();

	private final Set<String> assertionIds = new HashSet<>();

	private final Set<String> assertions = new HashSet<>();

	private final Set<String> subjectTokens = new HashSet<>();

	private @Nullable Set<String> grantableScopes;

	private @Nullable Duration accessTokenLifetime = Duration.ofHours(1);

	private boolean issueRefreshTokens = true;

	private boolean rotation = true;

	private boolean reuseDetection = true;

	private boolean anyLoopbackPort;

	private boolean repeatScope = true;

	private @Nullable String acceptedResource;

	private @Nullable Duration clientSecretLifetime;

	private @Nullable String iss;

	private @Nullable String denial;

	private @Nullable ProofVerifier proofs;

	private boolean binding;

	private TestAuthorizationServer(Clock clock) {
		this.clock = clock;
		String origin = this.http.url().toString();
		this.metadata.put("issuer", origin);
		this.metadata.put("authorization_endpoint", origin + AUTHORIZE);
		this.metadata.put("token_endpoint", origin + TOKEN);
		this.metadata.put("registration_endpoint", origin + REGISTER);
		this.metadata.put("revocation_endpoint", origin + REVOKE);
		this.metadata.put("response_types_supported", List.of("code"));
		this.metadata.put("grant_types_supported", List.of("authorization_code", "refresh_token"));
		this.metadata.put("token_endpoint_auth_methods_supported",
				List.of("none", "client_secret_basic", "client_secret_post"));
		this.metadata.put("code_challenge_methods_supported", List.of("S256"));
		this.http.handle(METADATA, locked((request) -> Response.json(200, this.metadata)));
		this.http.handle(REGISTER, locked(this::register));
		this.http.handle(AUTHORIZE, locked(this::authorize));
		this.http.handle(PAR, locked(this::push));
		this.http.handle(TOKEN, locked(this::token));
		this.http.handle(REVOKE, locked(this::revoke));
		this.http.handle(DEVICE, locked(this::device));
	}

	/**
	 * Start a server on a free port of 127.0.0.1. Its issuer is its origin.
	 */
	public static TestAuthorizationServer start() {
		return start(Clock.systemUTC());
	}

	/**
	 * Start a server whose tokens expire by a test's clock.
	 */
	public static TestAuthorizationServer start(Clock clock) {
		return new TestAuthorizationServer(clock);
	}

	/**
	 * The server below: recorded requests, scripted answers, holds.
	 */
	public TestHttpServer http() {
		return this.http;
	}

	public String issuer() {
		return this.http.url().toString();
	}

	public URI tokenEndpoint() {
		return this.http.url(TOKEN);
	}

	// Switches

	/**
	 * Change the metadata document.
	 */
	public synchronized TestAuthorizationServer metadata(Consumer<Map<String, Object>> change) {
		change.accept(this.metadata);
		return this;
	}

	/**
	 * The {@code expires_in} of access tokens, {@code null} to leave it out.
	 */
	public synchronized TestAuthorizationServer accessTokenLifetime(@Nullable Duration lifetime) {
		this.accessTokenLifetime = lifetime;
		return this;
	}

	/**
	 * Whether refresh tokens are issued at all.
	 */
	public synchronized TestAuthorizationServer issueRefreshTokens(boolean issue) {
		this.issueRefreshTokens = issue;
		return this;
	}

	/**
	 * Whether a refresh answers a new refresh token, and the old one is spent. Without,
	 * the answer has no refresh token.
	 */
	public synchronized TestAuthorizationServer rotation(boolean rotate) {
		this.rotation = rotate;
		return this;
	}

	/**
	 * Whether a spent refresh token kills all tokens of its family.
	 */
	public synchronized TestAuthorizationServer reuseDetection(boolean detect) {
		this.reuseDetection = detect;
		return this;
	}

	/**
	 * Whether a loopback redirect URI may come with another port than was registered.
	 */
	public synchronized TestAuthorizationServer anyLoopbackPort(boolean any) {
		this.anyLoopbackPort = any;
		return this;
	}

	/**
	 * Whether token responses have a {@code scope}.
	 */
	public synchronized TestAuthorizationServer repeatScope(boolean repeat) {
		this.repeatScope = repeat;
		return this;
	}

	/**
	 * Refuse every other resource, and none, with {@code invalid_target} at the token
	 * endpoint; {@code ""} refuses every resource, {@code null} takes any.
	 */
	public synchronized TestAuthorizationServer acceptResource(@Nullable String resource) {
		this.acceptedResource = resource;
		return this;
	}

	/**
	 * How long the secrets of registered clients live, {@code null} for ever.
	 */
	public synchronized TestAuthorizationServer clientSecretLifetime(@Nullable Duration lifetime) {
		this.clientSecretLifetime = lifetime;
		return this;
	}

	/**
	 * The {@code iss} of authorization responses (RFC 9207), {@code null} for none. The
	 * metadata says nothing of it unless changed.
	 */
	public synchronized TestAuthorizationServer iss(@Nullable String iss) {
		this.iss = iss;
		return this;
	}

	/**
	 * The error that authorization requests are answered with, {@code null} to consent.
	 */
	public synchronized TestAuthorizationServer deny(@Nullable String error) {
		this.denial = error;
		return this;
	}

	/**
	 * Support DPoP with these algorithms: the metadata says so, and tokens are bound to
	 * the key of a request that comes with a proof. A refresh token stays bound.
	 */
	public synchronized ProofVerifier dpop(String... algorithms) {
		this.metadata.put("dpop_signing_alg_values_supported", List.of(algorithms));
		this.binding = true;
		ProofVerifier verifier = (this.proofs != null) ? this.proofs : new ProofVerifier(this.clock);
		this.proofs = verifier;
		return verifier;
	}

	/**
	 * Whether access tokens are bound at all; refresh tokens are in any case.
	 */
	public synchronized TestAuthorizationServer bindAccessTokens(boolean bind) {
		this.binding = bind;
		return this;
	}

	/**
	 * Offer the device authorization grant.
	 */
	public synchronized TestAuthorizationServer offerDeviceGrant() {
		this.metadata.put("device_authorization_endpoint", this.http.url(DEVICE).toString());
		return this;
	}

	/**
	 * Let clients ask for the tokens of a device code every so many seconds, not every
	 * five seconds as they do when the server does not say.
	 * @param seconds the interval
	 */
	public synchronized TestAuthorizationServer deviceInterval(int seconds) {
		this.deviceInterval = seconds;
		return this;
	}

	/**
	 * Take authorization requests that were pushed (RFC 9126), and no others. A reference
	 * is good for a minute.
	 */
	public synchronized TestAuthorizationServer requirePushedRequests() {
		this.metadata.put("require_pushed_authorization_requests", true);
		return takePushedRequests();
	}

	/**
	 * Take pushed requests, too.
	 */
	public synchronized TestAuthorizationServer takePushedRequests() {
		this.metadata.put("pushed_authorization_request_endpoint", this.http.url(PAR).toString());
		return this;
	}

	/**
	 * Confirm a user code, or refuse it, as the person does.
	 */
	public synchronized void decide(String userCode, boolean confirm) {
		this.devices.values()
			.stream()
			.filter((device) -> device.userCode.equals(userCode))
			.findFirst()
			.orElseThrow().confirmed = confirm;
	}

	/**
	 * Take an address as a client identifier without registration.
	 */
	public synchronized TestAuthorizationServer acceptMetadataDocument(URI clientId) {
		this.metadataDocuments.add(clientId.toString());
		this.metadata.put("client_id_metadata_document_supported", true);
		return this;
	}

	/**
	 * Take clients that have a good document, and no others of that kind. It is fetched
	 * for each request.
	 * @param route where this test serves what stands at a public address
	 * @return the reader, which tells why it refused documents
	 */
	public synchronized MetadataDocumentReader fetchMetadataDocuments(UnaryOperator<URI> route) {
		this.metadata.put("client_id_metadata_document_supported", true);
		this.metadata.put("token_endpoint_auth_methods_supported", List.of("none", "private_key_jwt"));
		MetadataDocumentReader reader = new MetadataDocumentReader(route);
		this.documents = reader;
		return reader;
	}

	/**
	 * Take an assertion (RFC 7523).
	 */
	public synchronized TestAuthorizationServer acceptAssertion(String assertion) {
		this.assertions.add(assertion);
		return this;
	}

	/**
	 * Take no assertion any more.
	 */
	public synchronized TestAuthorizationServer refuseAssertions() {
		this.assertions.clear();
		return this;
	}

	/**
	 * Exchange a token (RFC 8693).
	 */
	public synchronized TestAuthorizationServer acceptSubjectToken(String token) {
		this.subjectTokens.add(token);
		return this;
	}

	/**
	 * The scopes that may be had without a user, {@code null} for all.
	 */
	public synchronized TestAuthorizationServer grantable(@Nullable Set<String> scopes) {
		this.grantableScopes = scopes;
		return this;
	}

	// Clients and tokens

	/**
	 * Add a client that signs.
	 */
	public synchronized TestAuthorizationServer signingClient(String clientId, PublicKey key) {
		this.keys.put(clientId, key);
		return this;
	}

	/**
	 * Add a pre-registered client.
	 * @param secret its secret, {@code null} for a public one
	 * @param redirectUris its redirect URIs, none for any
	 */
	public synchronized TestAuthorizationServer client(String clientId, @Nullable String secret,
			String... redirectUris) {
		this.clients.put(clientId, new Client(clientId, secret, Set.of(redirectUris)));
		return this;
	}

	/**
	 * Register a client with the secret {@code client-secret}.
	 * @return the client as its registration left it
	 */
	public OAuthClient registered(String clientId) {
		Secret secret = Secret.of("client-secret");
		client(clientId, secret.reveal());
		return OAuthClient.with(clientId, OAuthClient.Origin.REGISTERED)
			.secret(secret)
			.authMethod("client_secret_basic")
			.issuer(issuer())
			.build();
	}

	/**
	 * Forget a client, as servers do that purge.
	 */
	public synchronized void removeClient(String clientId) {
		this.clients.remove(clientId);
	}

	/**
	 * The identifiers of all clients, in the order they came.
	 */
	public synchronized List<String> clientIds() {
		return List.copyOf(this.clients.keySet());
	}

	/**
	 * Issue tokens as at the end of a login, without one. The client must exist.
	 * @return a grant that a refresh can start from, with generation 1
	 */
	public synchronized Grant issue(String clientId, @Nullable String resource, String... scope) {
		Family family = new Family(clientId, String.join(" ", scope), resource);
		Issued access = issueAccessToken(family);
		String refreshToken = this.issueRefreshTokens ? issueRefreshToken(family) : null;
		Instant now = this.clock.instant();
		return Grant.with(Secret.of(access.token))
			.refreshToken((refreshToken != null) ? Secret.of(refreshToken) : null)
			.issuedAt(now)
			.expiresAt(access.expiresAt)
			.scope(new LinkedHashSet<>(Arrays.asList(scope)))
			.issuer(issuer())
			.tokenEndpoint(tokenEndpoint())
			.clientId(clientId)
			.resource(resource)
			.generation(1)
			.build();
	}

	/**
	 * As {@link #issue}, bound to a key.
	 */
	public synchronized Grant issueBound(String clientId, @Nullable String resource, DPoPKey key, String... scope) {
		Grant grant = issue(clientId, resource, scope);
		Issued issued = Objects.requireNonNull(this.accessTokens.get(grant.accessToken().reveal()));
		issued.family.boundTo = key.thumbprint();
		issued.boundTo = key.thumbprint();
		return grant.mutate().tokenType("DPoP").dpopKey(key.toSecret()).build();
	}

	/**
	 * What an access token is bound to.
	 * @return the thumbprint of the key, {@code null} for a bearer token
	 */
	public synchronized @Nullable String boundTo(@Nullable String accessToken) {
		Issued issued = this.accessTokens.get(accessToken);
		return (issued != null) ? issued.boundTo : null;
	}

	/**
	 * Whether an access token is good now.
	 */
	public synchronized boolean isActive(@Nullable String accessToken) {
		Issued issued = this.accessTokens.get(accessToken);
		return issued != null && !issued.revoked && !issued.family.revoked
				&& (issued.expiresAt == null || issued.expiresAt.isAfter(this.clock.instant()));
	}

	/**
	 * Whether a refresh token would be taken now.
	 */
	public synchronized boolean isRefreshable(@Nullable String refreshToken) {
		Family family = this.refreshTokens.get(refreshToken);
		return family != null && !family.revoked && Objects.equals(family.current, refreshToken);
	}

	/**
	 * Make an access token worthless at once, and leave its refresh token alone.
	 */
	public synchronized void revokeAccessToken(Secret accessToken) {
		Issued issued = this.accessTokens.get(accessToken.reveal());
		if (issued != null) {
			issued.revoked = true;
		}
	}

	/**
	 * End the whole grant that a token belongs to, as an administrator would.
	 */
	public synchronized void revokeGrant(Secret token) {
		Issued issued = this.accessTokens.get(token.reveal());
		Family family = (issued != null) ? issued.family : this.refreshTokens.get(token.reveal());
		if (family != null) {
			family.revoked = true;
		}
	}

	/**
	 * The resource an access token was issued for.
	 */
	public synchronized @Nullable String resourceOf(@Nullable String accessToken) {
		Issued issued = this.accessTokens.get(accessToken);
		return (issued != null) ? issued.family.resource : null;
	}

	/**
	 * Which login an access token goes back to, however often it was renewed since.
	 * @return the same number for all tokens of one login, {@code null} for no token of
	 * this server
	 */
	public synchronized @Nullable Integer loginOf(@Nullable String accessToken) {
		Issued issued = this.accessTokens.get(accessToken);
		return (issued != null) ? System.identityHashCode(issued.family) : null;
	}

	// Counters

	public List<Request> tokenRequests(String grantType) {
		return this.http.requests(TOKEN)
			.stream()
			.filter((request) -> grantType.equals(request.parameter("grant_type")))
			.toList();
	}

	public int refreshes() {
		return tokenRequests("refresh_token").size();
	}

	public int exchanges() {
		return tokenRequests("authorization_code").size();
	}

	public int registrations() {
		return this.http.count(REGISTER);
	}

	public int authorizations() {
		return this.http.count(AUTHORIZE);
	}

	public int revocations() {
		return this.http.count(REVOKE);
	}

	@Override
	public void close() {
		this.http.close();
	}

	// Endpoints

	private Answer locked(Answer answer) {
		return (request) -> {
			synchronized (this) {
				return answer.answer(request);
			}
		};
	}

	private Response register(Request request) {
		Map<String, Object> asked = request.json();
		if (!(asked.get("redirect_uris") instanceof List<?> redirectUris) || redirectUris.isEmpty()) {
			return error(400, "invalid_redirect_uri", "No redirect URI");
		}
		String clientId = "client-" + random();
		boolean confidential = !"none".equals(asked.get("token_endpoint_auth_method"));
		String secret = confidential ? "secret-" + random() : null;
		Set<String> uris = new LinkedHashSet<>();
		redirectUris.forEach((uri) -> uris.add(String.valueOf(uri)));
		this.clients.put(clientId, new Client(clientId, secret, uris));
		Map<String, Object> reply = new LinkedHashMap<>(asked);
		reply.put("client_id", clientId);
		reply.put("client_id_issued_at", this.clock.instant().getEpochSecond());
		if (secret != null) {
			reply.put("client_secret", secret);
			reply.put("client_secret_expires_at", (this.clientSecretLifetime != null)
					? this.clock.instant().plus(this.clientSecretLifetime).getEpochSecond() : 0);
		}
		return Response.json(201, reply);
	}

	private Response push(Request request) {
		String clientId = authenticate(request);
		if (clientId == null) {
			return error(401, "invalid_client", "Unknown client or wrong secret");
		}
		String redirectUri = request.parameter("redirect_uri");
		if (request.parameter("request_uri") != null || !clientId.equals(request.parameter("client_id"))
				|| redirectUri == null || !redirectsTo(clientId, redirectUri)) {
			return error(400, "invalid_request", "Not an authorization request of this client");
		}
		String reference = "urn:ietf:params:oauth:request_uri:" + random();
		this.pushed.put(reference, new Pushed(request, this.clock.instant().plusSeconds(60)));
		return Response.json(201, Map.of("request_uri", reference, "expires_in", 60));
	}

	private Response authorize(Request asked) {
		Request request = asked;
		String reference = asked.parameter("request_uri");
		if (reference != null || this.metadata.containsKey("require_pushed_authorization_requests")) {
			Pushed known = this.pushed.get(reference);
			if (known == null || !known.expiresAt.isAfter(this.clock.instant())
					|| !Objects.equals(known.request.parameter("client_id"), asked.parameter("client_id"))) {
				return Response.of(400, "text/html", "<html><body>Unknown request_uri</body></html>");
			}
			request = known.request;
		}
		String clientId = request.parameter("client_id");
		String redirectUri = request.parameter("redirect_uri");
		if (clientId == null || redirectUri == null || !redirectsTo(clientId, redirectUri)) {
			return Response.of(400, "text/html", "<html><body>Unknown client or redirect URI</body></html>");
		}
		Map<String, String> answer = new LinkedHashMap<>();
		if (this.denial != null) {
			answer.put("error", this.denial);
		}
		else if (!"code".equals(request.parameter("response_type"))) {
			answer.put("error", "unsupported_response_type");
		}
		else {
			String code = "code-" + random();
			this.codes.put(code,
					new Code(clientId, redirectUri, request.parameter("code_challenge"),
							Objects.requireNonNullElse(request.parameter("scope"), ""), request.parameter("resource"),
							request.parameter("dpop_jkt")));
			answer.put("code", code);
		}
		putIfPresent(answer, "state", request.parameter("state"));
		putIfPresent(answer, "iss", this.iss);
		return Response.redirect(redirectUri + (redirectUri.contains("?") ? "&" : "?") + encode(answer));
	}

	private Response device(Request request) {
		String clientId = authenticate(request);
		if (clientId == null) {
			return error(401, "invalid_client", "Unknown client or wrong secret");
		}
		String code = "device-" + random();
		Device device = new Device(clientId, "WDJB-" + (1000 + this.devices.size()),
				Objects.requireNonNullElse(request.parameter("scope"), ""), this.clock.instant().plusSeconds(600));
		this.devices.put(code, device);
		Map<String, Object> reply = new LinkedHashMap<>();
		reply.put("device_code", code);
		reply.put("user_code", device.userCode);
		reply.put("verification_uri", issuer() + "/activate");
		reply.put("verification_uri_complete", issuer() + "/activate?user_code=" + device.userCode);
		reply.put("expires_in", 600);
		if (this.deviceInterval > 0) {
			reply.put("interval", this.deviceInterval);
		}
		return Response.json(200, reply);
	}

	private Response exchangeDevice(Request request, String clientId, @Nullable String key) {
		String code = request.parameter("device_code");
		Device device = this.devices.get(code);
		if (device == null || !device.clientId.equals(clientId)) {
			return error(400, "invalid_grant", "Unknown device code");
		}
		if (!device.expiresAt.isAfter(this.clock.instant())) {
			return error(400, "expired_token", "The code has expired");
		}
		if (device.confirmed == null) {
			return error(400, "authorization_pending", "Nobody has decided yet");
		}
		this.devices.remove(code);
		if (!device.confirmed) {
			return error(400, "access_denied", "The person said no");
		}
		Family family = new Family(clientId, device.scope, request.parameter("resource"));
		family.boundTo = key;
		return tokens(issueAccessToken(family), this.issueRefreshTokens ? issueRefreshToken(family) : null);
	}

	private boolean redirectsTo(String clientId, String redirectUri) {
		if (this.metadataDocuments.contains(clientId)) {
			return true;
		}
		if (this.documents != null && clientId.startsWith("https://")) {
			return this.documents.redirectsTo(clientId, redirectUri);
		}
		Client client = this.clients.get(clientId);
		if (client == null) {
			return false;
		}
		if (client.redirectUris.isEmpty() || client.redirectUris.contains(redirectUri)) {
			return true;
		}
		return this.anyLoopbackPort && client.redirectUris.stream()
			.anyMatch((registered) -> withoutPort(registered).equals(withoutPort(redirectUri)));
	}

	private Response token(Request request) {
		String grantType = Objects.requireNonNullElse(request.parameter("grant_type"), "");
		String clientId = authenticate(request);
		boolean anonymous = JWT_BEARER.equals(grantType) && request.parameter("client_id") == null
				&& request.header("Authorization") == null && request.parameter("client_assertion") == null;
		if (clientId == null && !anonymous) {
			return error(401, "invalid_client", "Unknown client or wrong secret");
		}
		ProofVerifier verifier = this.proofs;
		String key = null;
		if (verifier != null && request.header("DPoP") != null) {
			ProofVerifier.Result result = verifier.verify(request, tokenEndpoint(), null);
			if (result.proof() == null) {
				return verifier.stamp(error(400, Objects.requireNonNull(result.error()), result.reason()));
			}
			key = result.proof().thumbprint();
		}
		if (clientId == null) {
			return assertion(request, "", key);
		}
		Response response = switch (grantType) {
			case "authorization_code" -> exchange(request, clientId, key);
			case "refresh_token" -> refresh(request, clientId, key);
			case DEVICE_CODE -> exchangeDevice(request, clientId, key);
			case "client_credentials" -> issue(request, clientId, key);
			case JWT_BEARER -> assertion(request, clientId, key);
			case TOKEN_EXCHANGE -> tokenExchange(request, clientId, key);
			default -> error(400, "unsupported_grant_type", "Unknown grant type");
		};
		return (verifier != null) ? verifier.stamp(response) : response;
	}

	private Response exchange(Request request, String clientId, @Nullable String key) {
		Code code = this.codes.remove(request.parameter("code"));
		if (code == null || !code.clientId.equals(clientId)
				|| !code.redirectUri.equals(request.parameter("redirect_uri"))) {
			return error(400, "invalid_grant", "Unknown code");
		}
		String verifier = request.parameter("code_verifier");
		if (code.challenge != null && (verifier == null || !code.challenge.equals(challenge(verifier)))) {
			return error(400, "invalid_grant", "Wrong code verifier");
		}
		if (code.jkt != null && !code.jkt.equals(key)) {
			return error(400, "invalid_grant", "Code of another key");
		}
		if (isRefused(request.parameter("resource"))) {
			return error(400, "invalid_target", "Unknown resource");
		}
		Family family = new Family(clientId, code.scope, request.parameter("resource"));
		family.boundTo = key;
		Issued access = issueAccessToken(family);
		return tokens(access, this.issueRefreshTokens ? issueRefreshToken(family) : null);
	}

	/**
	 * Without a refresh token, unless told otherwise.
	 */
	private Response issue(Request request, String clientId, @Nullable String key) {
		String scope = Objects.requireNonNullElse(request.parameter("scope"), "");
		if (isRefused(request.parameter("resource"))) {
			return error(400, "invalid_target", "Unknown resource");
		}
		if (this.grantableScopes != null && !this.grantableScopes.containsAll(List.of(scope.split(" ")))) {
			return error(400, "invalid_scope", "Not for this client");
		}
		Family family = new Family(clientId, scope, request.parameter("resource"));
		family.boundTo = key;
		return tokens(issueAccessToken(family), null);
	}

	private Response assertion(Request request, String clientId, @Nullable String key) {
		return this.assertions.contains(Objects.requireNonNullElse(request.parameter("assertion"), ""))
				? issue(request, clientId, key) : error(400, "invalid_grant", "Unknown assertion");
	}

	private Response tokenExchange(Request request, String clientId, @Nullable String key) {
		if (!this.subjectTokens.contains(Objects.requireNonNullElse(request.parameter("subject_token"), ""))) {
			return error(400, "invalid_request", "Unknown subject token");
		}
		if (request.parameter("requested_token_type") == null) {
			return issue(request, clientId, key);
		}
		String assertion = "assertion-" + random();
		this.assertions.add(assertion);
		return Response.json(200, Map.of("access_token", assertion, "token_type", "N_A", "issued_token_type",
				request.parameter("requested_token_type"), "expires_in", 300));
	}

	private Response refresh(Request request, String clientId, @Nullable String key) {
		String refreshToken = request.parameter("refresh_token");
		Family family = this.refreshTokens.get(refreshToken);
		if (family == null || family.revoked || !family.clientId.equals(clientId)) {
			return error(400, "invalid_grant", "Unknown refresh token");
		}
		if (family.boundTo != null && !family.boundTo.equals(key)) {
			return error(400, "invalid_grant", "Token of another key");
		}
		if (!Objects.equals(family.current, refreshToken)) {
			family.revoked = this.reuseDetection;
			return error(400, "invalid_grant", "Stale token");
		}
		if (isRefused(request.parameter("resource"))) {
			return error(400, "invalid_target", "Unknown resource");
		}
		Issued access = issueAccessToken(family);
		return tokens(access, this.rotation ? issueRefreshToken(family) : null);
	}

	private Response revoke(Request request) {
		if (authenticate(request) == null) {
			return error(401, "invalid_client", "Unknown client or wrong secret");
		}
		String token = request.parameter("token");
		Family family = this.refreshTokens.get(token);
		if (family != null) {
			family.revoked = true;
		}
		Issued issued = this.accessTokens.get(token);
		if (issued != null) {
			issued.revoked = true;
		}
		return new Response(200, Map.of(), "", Response.Kind.COMPLETE);
	}

	private @Nullable String authenticate(Request request) {
		String clientId = request.parameter("client_id");
		String secret = request.parameter("client_secret");
		String authorization = request.header("Authorization");
		if (authorization != null && authorization.startsWith("Basic ")) {
			String[] pair = new String(Base64.getDecoder().decode(authorization.substring(6)), StandardCharsets.UTF_8)
				.split(":", 2);
			clientId = URLDecoder.decode(pair[0], StandardCharsets.UTF_8);
			secret = URLDecoder.decode(pair[1], StandardCharsets.UTF_8);
		}
		String signed = request.parameter("client_assertion");
		if (signed != null) {
			return verified(signed);
		}
		if (clientId != null && this.metadataDocuments.contains(clientId)) {
			return clientId;
		}
		if (this.documents != null && clientId != null && clientId.startsWith("https://")) {
			return this.documents.isPublic(clientId) ? clientId : null;
		}
		Client client = this.clients.get(clientId);
		return (client != null && Objects.equals(client.secret, secret)) ? clientId : null;
	}

	/**
	 * Who signed an assertion, if it is meant for this server.
	 */
	private @Nullable String verified(String assertion) {
		try {
			SignedJWT jwt = SignedJWT.parse(assertion);
			JWTClaimsSet claims = jwt.getJWTClaimsSet();
			PublicKey key = (this.documents != null && claims.getSubject().startsWith("https://"))
					? this.documents.key(claims.getSubject(), jwt.getHeader().getKeyID())
					: this.keys.get(claims.getSubject());
			boolean good = key != null && claims.getSubject().equals(claims.getIssuer())
					&& claims.getAudience().equals(List.of(issuer())) && claims.getJWTID() != null
					&& claims.getIssueTime() != null
					&& !claims.getIssueTime().toInstant().isAfter(this.clock.instant().plusSeconds(60))
					&& claims.getExpirationTime().toInstant().isAfter(this.clock.instant())
					&& this.assertionIds.add(claims.getJWTID())
					&& jwt.verify(new DefaultJWSVerifierFactory().createJWSVerifier(jwt.getHeader(), key));
			return good ? claims.getSubject() : null;
		}
		catch (ParseException | JOSEException ex) {
			return null;
		}
	}

	private boolean isRefused(@Nullable String resource) {
		if (this.acceptedResource == null) {
			return false;
		}
		return this.acceptedResource.isEmpty() ? resource != null : !this.acceptedResource.equals(resource);
	}

	private Issued issueAccessToken(Family family) {
		Issued issued = new Issued("access-" + random(), family,
				(this.accessTokenLifetime != null) ? this.clock.instant().plus(this.accessTokenLifetime) : null);
		issued.boundTo = this.binding ? family.boundTo : null;
		this.accessTokens.put(issued.token, issued);
		return issued;
	}

	private String issueRefreshToken(Family family) {
		family.current = "refresh-" + random();
		this.refreshTokens.put(family.current, family);
		return family.current;
	}

	private Response tokens(Issued access, @Nullable String refreshToken) {
		Map<String, Object> reply = new LinkedHashMap<>();
		reply.put("access_token", access.token);
		reply.put("token_type", (access.boundTo != null) ? "DPoP" : "Bearer");
		if (this.accessTokenLifetime != null) {
			reply.put("expires_in", this.accessTokenLifetime.toSeconds());
		}
		if (refreshToken != null) {
			reply.put("refresh_token", refreshToken);
		}
		if (this.repeatScope && !access.family.scope.isEmpty()) {
			reply.put("scope", access.family.scope);
		}
		return Response.json(200, reply).header("Cache-Control", "no-store");
	}

	private static Response error(int status, String error, String description) {
		return Response.json(status, Map.of("error", error, "error_description", description));
	}

	private static void putIfPresent(Map<String, String> map, String name, @Nullable String value) {
		if (value != null) {
			map.put(name, value);
		}
	}

	private static String encode(Map<String, String> parameters) {
		List<String> pairs = new ArrayList<>();
		parameters.forEach((name, value) -> pairs.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8)));
		return String.join("&", pairs);
	}

	private static String withoutPort(String uri) {
		return uri.replaceFirst(":\\d+", "");
	}

	private static String challenge(String verifier) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
			return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String random() {
		return UUID.randomUUID().toString();
	}

	private record Client(String clientId, @Nullable String secret, Set<String> redirectUris) {

	}

	private record Pushed(Request request, Instant expiresAt) {

	}

	private record Code(String clientId, String redirectUri, @Nullable String challenge, String scope,
			@Nullable String resource, @Nullable String jkt) {

	}

	private static final class Device {

		private final String clientId;

		private final String userCode;

		private final String scope;

		private final Instant expiresAt;

		private @Nullable Boolean confirmed;

		private Device(String clientId, String userCode, String scope, Instant expiresAt) {
			this.clientId = clientId;
			this.userCode = userCode;
			this.scope = scope;
			this.expiresAt = expiresAt;
		}

	}

	/**
	 * The tokens of one login, which live and die together.
	 */
	private static final class Family {

		private final String clientId;

		private final String scope;

		private final @Nullable String resource;

		private @Nullable String current;

		private @Nullable String boundTo;

		private boolean revoked;

		private Family(String clientId, String scope, @Nullable String resource) {
			this.clientId = clientId;
			this.scope = scope;
			this.resource = resource;
		}

	}

	private static final class Issued {

		private final String token;

		private final Family family;

		private final @Nullable Instant expiresAt;

		private @Nullable String boundTo;

		private boolean revoked;

		private Issued(String token, Family family, @Nullable Instant expiresAt) {
			this.token = token;
			this.family = family;
			this.expiresAt = expiresAt;
		}

	}

}
