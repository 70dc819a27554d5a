// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.InetAddress;
import java.net.InetSocketAddress;

import io.github.mcpoauth.internal.address.AddressKind;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.http.client.InetAddressFilter;

/**
 * Decides which addresses may be connected to on behalf of an MCP server: public ones,
 * and those the settings allow. The server names its authorization servers, so their
 * addresses are untrusted. Asked when a connection is made, with the address that a host
 * name resolved to.
 */
final class AddressFilter implements InetAddressFilter {

	private final boolean loopback;

	private final boolean privateAddresses;

	private final AllowedHosts allowedHosts;

	private final @Nullable InetAddressFilter applicationFilter;

	/**
	 * Create a filter.
	 * @param loopback whether loopback is allowed
	 * @param privateAddresses whether addresses of private networks are allowed
	 * @param allowedHosts further hosts that are allowed
	 * @param applicationFilter the filter of all HTTP clients of the application, or
	 * {@code null}; it keeps its say
	 */
	AddressFilter(boolean loopback, boolean privateAddresses, AllowedHosts allowedHosts,
			@Nullable InetAddressFilter applicationFilter) {
		this.loopback = loopback;
		this.privateAddresses = privateAddresses;
		this.allowedHosts = allowedHosts;
		this.applicationFilter = applicationFilter;
	}

	/**
	 * The filter for configured addresses, which are allowed wherever they are but at the
	 * metadata address of a cloud.
	 * @param applicationFilter the filter of all HTTP clients of the application, or
	 * {@code null}
	 * @return the filter
	 */
	static InetAddressFilter configured(@Nullable InetAddressFilter applicationFilter) {
		return (address) -> AddressKind.of(address) != AddressKind.CLOUD_METADATA
				&& (applicationFilter == null || applicationFilter.matches(address));
	}

	/**
	 * The filter for plain http on a trusted network: private addresses only.
	 * @return the filter
	 */
	InetAddressFilter onlyPrivate() {
		return (address) -> AddressKind.of(address) == AddressKind.PRIVATE && matches(address);
	}

	@Override
	public boolean matches(InetSocketAddress address) {
		InetAddress resolved = address.getAddress();
		// A proxy resolves the name, and only the proxy can say where it leads
		return resolved == null || matches(resolved);
	}

	@Override
	public boolean matches(InetAddress address) {
		AddressKind kind = AddressKind.of(address);
		return kind != AddressKind.CLOUD_METADATA
				&& (this.applicationFilter == null || this.applicationFilter.matches(address))
				&& (isAllowed(kind) || this.allowedHosts.containsAddress(address));
	}

	private boolean isAllowed(AddressKind kind) {
		return switch (kind) {
			case PUBLIC -> true;
			case LOOPBACK -> this.loopback;
			case PRIVATE -> this.privateAddresses;
			case RESERVED, CLOUD_METADATA -> false;
		};
	}

}
