// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

import io.github.mcpoauth.internal.address.CloudMetadata;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.http.client.InetAddressFilter;

/**
 * Decides which addresses may be connected to on behalf of an MCP server: public ones,
 * and those the settings allow. The server names its authorization servers, so their
 * addresses are untrusted. Asked when a connection is made, with the address that a host
 * name resolved to.
 */
final class AddressFilter implements InetAddressFilter {

	private static final InetAddressFilter PUBLIC = InetAddressFilter.externalAddresses();

	private static final InetAddressFilter PRIVATE = InetAddressFilter.of("10.0.0.0/8", "172.16.0.0/12",
			"192.168.0.0/16", "100.64.0.0/10", "fc00::/7");

	private static final InetAddressFilter TRANSLATED = InetAddressFilter.of("64:ff9b::/96");

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
		return (address) -> !CloudMetadata.contains(address)
				&& (applicationFilter == null || applicationFilter.matches(address));
	}

	/**
	 * The filter for plain http on a trusted network: private addresses only.
	 * @return the filter
	 */
	InetAddressFilter onlyPrivate() {
		return (address) -> PRIVATE.matches(address) && matches(address);
	}

	@Override
	public boolean matches(InetSocketAddress address) {
		InetAddress resolved = address.getAddress();
		// A proxy resolves the name, and only the proxy can say where it leads
		return resolved == null || matches(resolved);
	}

	@Override
	public boolean matches(InetAddress address) {
		return !CloudMetadata.contains(address)
				&& (this.applicationFilter == null || this.applicationFilter.matches(address))
				&& (isAllowed(address) || this.allowedHosts.containsAddress(address));
	}

	private boolean isAllowed(InetAddress address) {
		if (address.isLoopbackAddress()) {
			return this.loopback;
		}
		if (PRIVATE.matches(address)) {
			return this.privateAddresses;
		}
		return TRANSLATED.matches(address) ? isAllowed(translated(address)) : PUBLIC.matches(address);
	}

	/**
	 * The IPv4 address behind one of a network that has IPv6 only (RFC 6052).
	 */
	private static InetAddress translated(InetAddress address) {
		try {
			return InetAddress.getByAddress(Arrays.copyOfRange(address.getAddress(), 12, 16));
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException("Four bytes are an address", ex);
		}
	}

}
