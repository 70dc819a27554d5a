// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Addresses at which clouds hand out the credentials of a machine or container. No
 * setting allows them.
 */
public final class CloudMetadata {

	private static final int IPV4_BYTES = 4;

	private static final int IPV6_BYTES = 16;

	private static final Set<InetAddress> ADDRESSES = Stream
		.of("169.254.169.254", "169.254.169.253", "169.254.169.123", "169.254.170.2", "169.254.170.23",
				"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd00:ec2::253", "fd00:ec2::23",
				"fd20:ce::254")
		.map(CloudMetadata::literal)
		.collect(Collectors.toUnmodifiableSet());

	private CloudMetadata() {
	}

	/**
	 * Whether an address is one of them, also in the form of an IPv6 network that
	 * translates to IPv4 (RFC 6052).
	 * @param address an address
	 * @return {@code true} if it is
	 */
	public static boolean contains(InetAddress address) {
		if (ADDRESSES.contains(address)) {
			return true;
		}
		byte[] bytes = address.getAddress();
		boolean translated = bytes.length == IPV6_BYTES && bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == (byte) 0xff
				&& bytes[3] == (byte) 0x9b;
		return translated && ADDRESSES.contains(of(Arrays.copyOfRange(bytes, IPV6_BYTES - IPV4_BYTES, IPV6_BYTES)));
	}

	private static InetAddress literal(String address) {
		try {
			return InetAddress.getByName(address);
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException("A literal address needs no resolution", ex);
		}
	}

	private static InetAddress of(byte[] bytes) {
		try {
			return InetAddress.getByAddress(bytes);
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException("Four bytes are an address", ex);
		}
	}

}
