// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import com.nimbusds.oauth2.sdk.GrantType;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of a client registration (RFC 7591, section 2).
 *
 * @param clientName name shown on the consent page
 * @param redirectUri its redirect URI. On loopback it makes a native application,
 * anywhere else a web application
 * @param device whether it also wants the device authorization grant (RFC 8628)
 * @param scopes the scopes it may ask for, empty to leave that to the server
 * @param tokenEndpointAuthMethod how it wants to authenticate
 * @param dpopBound whether it always binds its tokens to a key (RFC 9449, section 5.2)
 * @param leftOut names of members that are left to the server's defaults
 */
public record Registration(String clientName, URI redirectUri, boolean device, Set<String> scopes,
		String tokenEndpointAuthMethod, boolean dpopBound, Set<String> leftOut) {

	static final String SCOPE = "scope";

	static final String APPLICATION_TYPE = "application_type";

	static final String GRANT_TYPES = "grant_types";

	static final String RESPONSE_TYPES = "response_types";

	static final String AUTH_METHOD = "token_endpoint_auth_method";

	/**
	 * Members with a default (RFC 7591, section 2).
	 */
	private static final List<String> OPTIONAL = List.of(SCOPE, APPLICATION_TYPE, RESPONSE_TYPES, AUTH_METHOD,
			GRANT_TYPES);

	private static final String INVALID_METADATA = "invalid_client_metadata";

	private static final Set<String> OBJECTIONS = Set.of("invalid_scope", INVALID_METADATA);

	private static final List<String> PREFERRED = List.of(ClientAuthentications.NONE,
			ClientAuthentications.CLIENT_SECRET_BASIC, ClientAuthentications.CLIENT_SECRET_POST);

	public Registration {
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
		leftOut = Set.copyOf(leftOut);
	}

	/**
	 * Choose how to authenticate. A public client is preferred, because it has no secret
	 * to lose or expire. A server that does not list that method may take public clients
	 * all the same and then gives them no refresh token, so a listed method is requested.
	 * @param configured the method of the settings, {@code null} to choose
	 * @param metadata metadata of the authorization server
	 * @return the method, not necessarily one that can be used if the settings say so
	 * @throws UnusableException if the server lists no usable method
	 */
	public static String authMethod(@Nullable String configured, AuthorizationServerMetadata metadata) {
		List<String> supported = metadata.authMethods();
		if (configured != null) {
			return configured;
		}
		if (supported.isEmpty()) {
			return ClientAuthentications.NONE;
		}
		return PREFERRED.stream()
			.filter(supported::contains)
			.findFirst()
			.orElseThrow(() -> new UnusableException(
					"The authorization server %s authenticates clients with %s only, which is not supported".formatted(
							UntrustedText.quote(metadata.issuer()),
							UntrustedText.quote(String.join(", ", supported)))));
	}

	/**
	 * The registration to try after a refusal: without the device authorization grant if
	 * that is not needed; then without the members that the server's words name, else
	 * without the scopes, else without all members that have a default.
	 * @param refusal the refusal
	 * @param deviceNeeded whether the client is of no use without the device
	 * authorization grant
	 * @return the registration, {@code null} if the refusal is of another kind or nothing
	 * is left to leave out
	 */
	public @Nullable Registration after(RefusedException refusal, boolean deviceNeeded) {
		String code = refusal.errorCode().toLowerCase(Locale.ROOT);
		if (this.device && !deviceNeeded && INVALID_METADATA.equals(code)) {
			return new Registration(this.clientName, this.redirectUri, false, this.scopes, this.tokenEndpointAuthMethod,
					this.dpopBound, this.leftOut);
		}
		List<String> optional = OPTIONAL.stream().filter(this::isOptional).toList();
		if (optional.isEmpty() || !OBJECTIONS.contains(code)) {
			return null;
		}
		String words = String.valueOf(refusal.getMessage()).toLowerCase(Locale.ROOT);
		List<String> named = optional.stream()
			.filter((member) -> !SCOPE.equals(member) && words.contains(member))
			.toList();
		return without(!named.isEmpty() ? named : optional.contains(SCOPE) ? List.of(SCOPE) : optional);
	}

	/**
	 * A method with a secret or a key was chosen for a reason, and a client for device
	 * codes is of no use without its grant types.
	 */
	private boolean isOptional(String member) {
		return isSent(member) && switch (member) {
			case AUTH_METHOD -> ClientAuthentications.NONE.equals(this.tokenEndpointAuthMethod);
			case GRANT_TYPES -> !this.device;
			default -> true;
		};
	}

	private Registration without(List<String> members) {
		Set<String> all = new LinkedHashSet<>(this.leftOut);
		all.addAll(members);
		return new Registration(this.clientName, this.redirectUri, this.device, this.scopes,
				this.tokenEndpointAuthMethod, this.dpopBound, all);
	}

	boolean isSent(String member) {
		return !this.leftOut.contains(member) && !(SCOPE.equals(member) && this.scopes.isEmpty());
	}

	Set<GrantType> grantTypes() {
		Set<GrantType> types = new LinkedHashSet<>(List.of(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN));
		if (this.device) {
			types.add(GrantType.DEVICE_CODE);
		}
		return types;
	}

	boolean isNative() {
		return UrlPolicy.isLoopback(this.redirectUri);
	}

}
