// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.address;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.http.client.InetAddressFilter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AddressKind}. The tests of each check of addresses use its tables, so
 * that no check is weaker than another.
 */
public class AddressKindTests {

	public static Stream<String> publicAddresses() {
		return Stream.of("8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1",
				"192.0.1.1", "192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700::1111",
				"2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8");
	}

	public static Stream<String> otherAddresses() {
		return Stream.of("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "10.0.0.1", "172.16.0.1",
				"172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255", "fc00::1", "fd12:3456::1",
				"::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b::6440:1", "64:ff9b::7f00:1", "64:ff9b::c000:201",
				"64:ff9b:1::a00:1", "64:ff9b:1:a00:0:100:808:808", "::10.0.0.1", "2002:a00:1::", "2001::1",
				"2001:db8::1", "3fff::1", "100::1", "4000::1", "fec0::1", "fe80::1", "169.254.1.1", "0.0.0.0",
				"0.1.2.3", "::", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255",
				"198.51.100.1", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
				"ff02::1", "169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "64:ff9b::a9fe:a9fe",
				"64:ff9b:1::a9fe:a9fe");
	}

	@ParameterizedTest
	@MethodSource("publicAddresses")
	void ofWhenAddressIsPublicIsPublic(String address) throws UnknownHostException {
		assertThat(AddressKind.of(InetAddress.getByName(address))).isEqualTo(AddressKind.PUBLIC);
	}

	@ParameterizedTest
	@MethodSource("otherAddresses")
	void ofWhenAddressIsAnotherIsNotPublic(String address) throws UnknownHostException {
		assertThat(AddressKind.of(InetAddress.getByName(address))).isNotEqualTo(AddressKind.PUBLIC);
	}

	@ParameterizedTest
	@CsvSource({ "127.0.0.1, LOOPBACK", "::1, LOOPBACK", "10.0.0.1, PRIVATE", "100.64.0.1, PRIVATE",
			"64:ff9b::a00:1, PRIVATE", "fc00::1, PRIVATE", "64:ff9b::7f00:1, RESERVED", "64:ff9b:1::a00:1, RESERVED",
			"fe80::1, RESERVED", "169.254.1.1, RESERVED", "168.63.129.16, CLOUD_METADATA",
			"64:ff9b:1::a9fe:a9fe, CLOUD_METADATA", "::ffff:169.254.169.254, CLOUD_METADATA" })
	void ofWhenAddressIsNotPublicTellsTheKind(String address, AddressKind kind) throws UnknownHostException {
		assertThat(AddressKind.of(InetAddress.getByName(address))).isEqualTo(kind);
	}

	/**
	 * A later Spring Boot may know of a block that is not listed here.
	 */
	@Test
	void ofWhenSpringBootTakesAnAddressForSpecialIsNotPublic() throws UnknownHostException {
		InetAddressFilter external = InetAddressFilter.externalAddresses();
		List<InetAddress> weaker = new ArrayList<>();
		for (int block = 0; block < 0x10000; block++) {
			byte high = (byte) (block >> 8);
			byte[] ipv6 = new byte[16];
			ipv6[0] = high;
			ipv6[1] = (byte) block;
			ipv6[15] = 1;
			for (byte[] bytes : List.of(new byte[] { high, (byte) block, 0, 1 }, ipv6)) {
				InetAddress address = InetAddress.getByAddress(bytes);
				if (AddressKind.of(address) == AddressKind.PUBLIC && !external.matches(address)) {
					weaker.add(address);
				}
			}
		}
		assertThat(weaker).isEmpty();
	}

}
