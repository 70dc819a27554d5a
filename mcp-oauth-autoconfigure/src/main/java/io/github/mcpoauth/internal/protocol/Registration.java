// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
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
 */
public record Registration(String clientName, URI redirectUri, boolean device, Set<String> scopes,
		String tokenEndpointAuthMethod, boolean dpopBound) {

	private static final List<String> PREFERRED = List.of(ClientAuthentications.NONE,
			ClientAuthentications.CLIENT_SECRET_BASIC, ClientAuthentications.CLIENT_SECRET_POST);

	public Registration {
		scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
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
	 * The same registration without a wish for scopes.
	 * @return the registration
	 */
	public Registration withoutScopes() {
		return new Registration(this.clientName, this.redirectUri, this.device, Set.of(), this.tokenEndpointAuthMethod,
				this.dpopBound);
	}

	/**
	 * The same registration without the device authorization grant.
	 * @return the registration
	 */
	public Registration withoutDevice() {
		return new Registration(this.clientName, this.redirectUri, false, this.scopes, this.tokenEndpointAuthMethod,
				this.dpopBound);
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
