// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.internal.protocol.UrlPolicy;
import io.github.mcpoauth.internal.text.ForeignJson;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Objections that an authorization server would have to a client ID metadata document.
 *
 * @param errors reasons to refuse the document
 * @param warnings findings that only some servers refuse, or that limit the client
 */
public record ClientMetadataCheck(List<String> errors, List<String> warnings) {

	/**
	 * The size that a server has to accept, in bytes
	 * (draft-ietf-oauth-client-id-metadata-document, section 6.6).
	 */
	static final int USUAL_LIMIT = 5 * 1024;

	private static final Set<String> SYMMETRIC = Set.of("client_secret_basic", "client_secret_post",
			"client_secret_jwt");

	private static final List<String> PRIVATE_MEMBERS = List.of("d", "p", "q", "k");

	public ClientMetadataCheck {
		errors = List.copyOf(errors);
		warnings = List.copyOf(warnings);
	}

	/**
	 * Check a document.
	 * @param address the address it was fetched from, {@code null} for a file
	 * @param content its content
	 * @return the findings, never {@code null}
	 */
	public static ClientMetadataCheck of(@Nullable URI address, byte[] content) {
		Findings findings = new Findings();
		Map<String, Object> members = ForeignJson.object(new String(content, StandardCharsets.UTF_8));
		if (members == null) {
			return findings.error("it is not a JSON object").result();
		}
		if (content.length > USUAL_LIMIT) {
			findings
				.warning("it has %d bytes, and servers may refuse more than %d".formatted(content.length, USUAL_LIMIT));
		}
		checkId(address, members.get("client_id"), findings);
		findings.errorUnless(members.get("client_name") instanceof String name && !name.isBlank(),
				"it has no 'client_name'");
		checkRedirects(members.get("redirect_uris"), findings);
		checkMethods(members, findings);
		checkKeys(members, findings);
		checkGrants(members, findings);
		return findings.result();
	}

	/**
	 * Check the address of a document.
	 * @param address the address
	 * @return the findings
	 */
	public static ClientMetadataCheck ofAddress(URI address) {
		Findings findings = new Findings();
		checkAddress("its address", address.toString(), findings);
		return findings.result();
	}

	private static void checkId(@Nullable URI address, @Nullable Object id, Findings findings) {
		if (!(id instanceof String text)) {
			findings.error("it has no 'client_id'");
			return;
		}
		if (address == null) {
			checkAddress("'client_id'", text, findings);
		}
		else {
			findings.errorUnless(text.equals(address.toString()), "its 'client_id' is %s and not its address %s"
				.formatted(UntrustedText.quote(text), UntrustedText.quote(address.toString())));
		}
	}

	private static void checkAddress(String what, String text, Findings findings) {
		URI uri = parse(text);
		if (uri == null || !"https".equals(uri.getScheme()) || uri.getHost() == null) {
			findings.error("%s is not an https address".formatted(what));
			return;
		}
		String path = String.valueOf(uri.getRawPath());
		findings.errorUnless(path.length() > 1, "%s has no path".formatted(what));
		findings.errorUnless(!(path + "/").matches(".*/\\.{1,2}/.*"), "%s has dot segments".formatted(what));
		findings.errorUnless(uri.getRawFragment() == null, "%s has a fragment".formatted(what));
		findings.errorUnless(uri.getRawUserInfo() == null, "%s has a user name".formatted(what));
		if (uri.getRawQuery() != null) {
			findings.warning("%s has a query, which it should not".formatted(what));
		}
	}

	private static void checkRedirects(@Nullable Object value, Findings findings) {
		if (!(value instanceof Collection<?> uris) || uris.isEmpty()) {
			findings.error("it has no 'redirect_uris'");
			return;
		}
		boolean loopback = false;
		for (Object entry : uris) {
			URI uri = (entry instanceof String text) ? parse(text) : null;
			boolean local = uri != null && "http".equals(uri.getScheme()) && UrlPolicy.isLoopback(uri);
			boolean good = uri != null && uri.getRawFragment() == null
					&& (local || ("https".equals(uri.getScheme()) && uri.getHost() != null));
			findings.errorUnless(good, "the redirect URI %s is neither https nor http on loopback"
				.formatted(UntrustedText.quote(String.valueOf(entry))));
			loopback |= local;
		}
		if (!loopback) {
			findings.warning("no redirect URI is on loopback, so 'mcp login' cannot use it");
		}
	}

	private static void checkMethods(Map<String, Object> members, Findings findings) {
		findings.errorUnless(!members.containsKey("client_secret") && !members.containsKey("client_secret_expires_at"),
				"it has a client secret, which everyone can read");
		Object method = members.get("token_endpoint_auth_method");
		Object methods = members.get("token_endpoint_auth_methods_supported");
		List<Object> all = new ArrayList<>();
		if (method != null) {
			all.add(method);
		}
		if (methods instanceof Collection<?> list) {
			all.addAll(list);
			findings.errorUnless(method == null || list.contains(method),
					"'token_endpoint_auth_methods_supported' does not contain 'token_endpoint_auth_method'");
		}
		else {
			findings.errorUnless(methods == null, "'token_endpoint_auth_methods_supported' is not a list");
			findings.warning("it has no 'token_endpoint_auth_methods_supported', which newer servers want");
		}
		if (method == null) {
			findings.warning("it has no 'token_endpoint_auth_method', which servers take for 'client_secret_basic'");
		}
		for (Object each : all) {
			findings.errorUnless(each instanceof String name && !SYMMETRIC.contains(name),
					"the authentication method %s needs a secret, which a published document cannot have"
						.formatted(UntrustedText.quote(String.valueOf(each))));
		}
		findings.errorUnless(
				!all.contains("private_key_jwt") || members.containsKey("jwks") || members.containsKey("jwks_uri"),
				"'private_key_jwt' needs 'jwks' or 'jwks_uri'");
	}

	private static void checkKeys(Map<String, Object> members, Findings findings) {
		findings.errorUnless(!members.containsKey("jwks") || !members.containsKey("jwks_uri"),
				"it has both 'jwks' and 'jwks_uri'");
		Object location = members.get("jwks_uri");
		if (location != null) {
			URI uri = (location instanceof String text) ? parse(text) : null;
			findings.errorUnless(uri != null && "https".equals(uri.getScheme()) && uri.getHost() != null,
					"'jwks_uri' is not an https address");
		}
		if (members.containsKey("jwks")) {
			ofKeys(ForeignJson.object(members.get("jwks"))).errors.forEach(findings::error);
		}
	}

	/**
	 * Check published keys.
	 * @param jwks the members of the JWK Set, {@code null} if it is no JWK Set
	 * @return the findings
	 */
	static ClientMetadataCheck ofKeys(@Nullable Map<String, Object> jwks) {
		Findings findings = new Findings();
		if (jwks == null || !(jwks.get("keys") instanceof Collection<?> keys) || keys.isEmpty()) {
			return findings.error("its keys are no JWK Set").result();
		}
		for (Object key : keys) {
			Map<String, Object> members = ForeignJson.object(key);
			if (members == null || !(members.get("kty") instanceof String)) {
				findings.error("one of its keys is no JSON Web Key");
			}
			else {
				findings.errorUnless(PRIVATE_MEMBERS.stream().noneMatch(members::containsKey),
						"one of its keys is private or symmetric, and everyone can read it: replace the key");
			}
		}
		return findings.result();
	}

	private static void checkGrants(Map<String, Object> members, Findings findings) {
		if (members.get("grant_types") instanceof Collection<?> types) {
			findings.errorUnless(types.contains("authorization_code"), "'grant_types' has no 'authorization_code'");
			if (!types.contains("refresh_token")) {
				findings.warning("'grant_types' has no 'refresh_token', so users log in again when a token expires");
			}
		}
		else {
			findings.errorUnless(members.get("grant_types") == null, "'grant_types' is not a list");
			findings.warning("it has no 'grant_types', which servers take for 'authorization_code' alone");
		}
		Object types = members.get("response_types");
		findings.errorUnless(types == null || (types instanceof Collection<?> list && list.contains("code")),
				"'response_types' has no 'code'");
	}

	private static @Nullable URI parse(String text) {
		try {
			return new URI(text);
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

	ClientMetadataCheck and(ClientMetadataCheck other) {
		List<String> errors = new ArrayList<>(this.errors);
		errors.addAll(other.errors);
		List<String> warnings = new ArrayList<>(this.warnings);
		warnings.addAll(other.warnings);
		return new ClientMetadataCheck(errors, warnings);
	}

	static ClientMetadataCheck failed(@Nullable String error) {
		return new ClientMetadataCheck(List.of(Objects.requireNonNullElse(error, "it cannot be fetched")), List.of());
	}

	/**
	 * Collects findings.
	 */
	private static final class Findings {

		private final List<String> errors = new ArrayList<>();

		private final List<String> warnings = new ArrayList<>();

		Findings error(String text) {
			this.errors.add(text);
			return this;
		}

		void errorUnless(boolean good, String text) {
			if (!good) {
				this.errors.add(text);
			}
		}

		void warning(String text) {
			this.warnings.add(text);
		}

		ClientMetadataCheck result() {
			return new ClientMetadataCheck(this.errors, this.warnings);
		}

	}

}
