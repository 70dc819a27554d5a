// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationPropertiesSource;

/**
 * Identity provider of an enterprise.
 */
@ConfigurationPropertiesSource
final class IdentityProviderProperties extends OAuthClientProperties {

	/**
	 * Issuer of the identity provider. Its metadata names the token endpoint.
	 */
	private @Nullable String issuer;

	/**
	 * Token endpoint of the identity provider. That of its metadata when not set.
	 */
	private @Nullable URI tokenEndpoint;

	public @Nullable String getIssuer() {
		return this.issuer;
	}

	public void setIssuer(@Nullable String issuer) {
		this.issuer = issuer;
	}

	public @Nullable URI getTokenEndpoint() {
		return this.tokenEndpoint;
	}

	public void setTokenEndpoint(@Nullable URI tokenEndpoint) {
		this.tokenEndpoint = tokenEndpoint;
	}

}
